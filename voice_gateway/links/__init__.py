"""How media and text reach the gateway."""
