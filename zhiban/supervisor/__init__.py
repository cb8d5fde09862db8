"""The process supervisor: starts every process, watches it, restarts it, and leaves none behind."""
