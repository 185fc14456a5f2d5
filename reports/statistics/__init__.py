"""Statistics of the station from the record: registers A1 to A5, immunisation, chronic diseases, periodic checks,
children's nutrition, pregnancies, visits (spec EPI, NCD, KSK, MCH, OPD)."""
