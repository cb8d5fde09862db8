"""Scores the understanding against labelled sets (``nlu_data/dev``, ``nlu_data/frozen``)."""
