"""Tests on the real servers: one payment, seen by every backend; parts that fail."""
