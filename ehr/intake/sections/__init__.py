"""Sections C and D from sheets: a class on a vaccination day, a school or village on a screening day."""
