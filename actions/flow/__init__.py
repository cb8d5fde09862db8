"""Forms: what they need to know, one turn of taking it down, reading it back."""
