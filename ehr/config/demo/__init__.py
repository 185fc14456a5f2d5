"""Invented people at any size: households, all four sections of the record, vaccinations, visits. Nobody is real.

Generation (`picks`, `names`, `families`, `people`, `section_*`, `chunk`) is pure Python without database or Django, so
that worker processes start at once; `places`, `load` and `quang_dai` talk to the database. The same seed and the same
day give the same people."""
