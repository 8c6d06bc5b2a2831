"""Panels drawn from what was found: ECharts for what has axes, plain HTML for the rest."""
