"""Pays as a client would, every few seconds, and judges the answers: a look from outside."""
