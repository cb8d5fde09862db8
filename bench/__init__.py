"""Measurements of what a caller hears, over a whole house with every part real."""
