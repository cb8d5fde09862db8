"""The dialogue engine and the language layer it shares with the gateway."""
