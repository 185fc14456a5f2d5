"""What JSON looks like: generated from the section specs of form 831, by section."""
