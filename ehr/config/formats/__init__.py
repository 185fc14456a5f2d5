"""Formats for FORMAT_MODULE_PATH. Django's own `vi` has no DATE_INPUT_FORMATS: it reads 12/03/1980 as 3 December."""
