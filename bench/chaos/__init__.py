"""Chaos: a whole house under random failures, and an oracle that counts who was lost."""
