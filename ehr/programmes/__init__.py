"""Health programmes of a station beyond form 831: pregnancies, chronic diseases, periodic checks, family planning,
reactions to vaccines, and the dated values that their indicators ask for."""
