"""What is written of the platform, by hand and by machine."""
