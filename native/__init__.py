"""The same stack as plain processes: no Docker, no root, no account."""
