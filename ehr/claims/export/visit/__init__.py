"""What a claim asks of a visit beyond form 831: times, kind of care, services, papers. Typed on a page of its own."""
