"""Conferences of one call: who hears whom, mixing, hold, briefing."""
