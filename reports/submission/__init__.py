"""Reports that are sent: drafted, checked, signed, received, and frozen for ever; the calendar; the monthly close."""
