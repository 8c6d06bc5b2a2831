"""Decides card payments, keeps them, and announces each decision."""
