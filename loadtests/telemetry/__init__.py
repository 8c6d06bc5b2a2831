"""What the load tells of itself: spans, figures, and when a run began and ended."""
