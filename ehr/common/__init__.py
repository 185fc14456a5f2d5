"""What every app below and above shares: problems, text, dates, numbers, fields, section specs, events. No models."""
