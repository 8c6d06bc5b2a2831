"""Looks for card numbers and secrets wherever an instance keeps anything."""
