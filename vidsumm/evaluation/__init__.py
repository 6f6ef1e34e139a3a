"""How good summaries are, by the field's measures."""
