"""One call from ring to end."""
