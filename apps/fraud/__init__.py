"""Counts the decided payments of each card."""
