"""The first page of those who answer for a place: few figures, their trend, villages or communes beside each other."""
