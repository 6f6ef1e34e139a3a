"""Methods measured by the field's protocols, beside the published numbers."""
