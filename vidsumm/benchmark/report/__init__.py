"""Shows results: tables, figures, and the numbers that the paper prints. Nothing is trained or measured here."""
