"""Calls that an Asterisk brings by itself: who may, what it says of them, what it is told."""
