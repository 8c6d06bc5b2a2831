"""Counts the decided payments of each card, and flags those refused too often."""
