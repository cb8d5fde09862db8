"""Speech in and out: recognition engines, voices, the sentence cache."""
