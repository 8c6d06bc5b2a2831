"""What the back office can be asked to do."""
