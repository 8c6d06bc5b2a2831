"""Boards as Python, built into the JSON that Grafana is provisioned with."""
