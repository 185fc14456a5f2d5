"""Working screens of the record: find, household, person, timeline."""
