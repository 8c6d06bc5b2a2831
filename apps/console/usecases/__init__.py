"""What one can do at the console."""
