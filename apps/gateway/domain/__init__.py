"""What passes through the gateway, and by which rules; no I/O anywhere."""
