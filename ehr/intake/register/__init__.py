"""The population register as a diff: a new police list of a commune compared with the register in the database.

How the parts meet: `services.compare(batch)` runs once the rows of a batch of kind `register` are stored as ImportRow
(with their match to a person), `services.accept` writes one group or some lines of it, `services.undo` takes one
acceptance back. Docs: docs/danh-sach-dan-cu.md."""
