"""What a facility charges: its price list and terms of payment, dated, and the bill of a visit that they give."""
