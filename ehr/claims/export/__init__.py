"""A facility's own visits as claim XML. Doors use `services`."""
