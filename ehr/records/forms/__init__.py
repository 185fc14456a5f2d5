"""Forms of the working screens: they translate what was typed; the services decide."""
