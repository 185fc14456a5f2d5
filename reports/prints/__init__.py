"""Printed forms: a person's record in the order of form 831, and the household questionnaire."""
