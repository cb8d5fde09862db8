"""Stages of a call's pipeline; each is a pipecat FrameProcessor."""
