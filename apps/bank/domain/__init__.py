"""What the bank lends and holds, and how it says no."""
