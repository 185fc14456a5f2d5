"""Form 831 as exchange XML (CSDLYTE831), out and in. Doors use `services`."""
