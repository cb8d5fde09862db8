"""Rasa graph components of the dialogue engine's language understanding (Python 3.10, Rasa only)."""
