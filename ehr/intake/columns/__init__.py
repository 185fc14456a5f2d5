"""Columns of a sheet found by meaning: where the table stands, and which field of form 831 each column holds."""

from ehr.intake.columns.layout import Block, Column, Layout, header_keys

__all__ = ["Block", "Column", "Layout", "header_keys"]
