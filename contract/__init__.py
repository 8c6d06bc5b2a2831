"""What leaves the services, declared and looked for: docs/signals.md, and the live check."""
