"""What the console makes of what it was told: no network, no page."""
