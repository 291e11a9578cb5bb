"""What only notebooks import."""
