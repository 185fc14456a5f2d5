"""Columns of a sheet found by meaning: where the table stands, and which field of form 831 each column holds."""

from ehr.intake.columns.layout import Block, Column, Layout, header_keys
from ehr.intake.columns.recognise import letter, recognise, signature
from ehr.intake.columns.vocabulary import fields_of, labels

__all__ = ["Block", "Column", "Layout", "fields_of", "header_keys", "labels", "letter", "recognise", "signature"]
