"""Figures behind the choices: ratios taken in one run, medians of rounds in turn."""
