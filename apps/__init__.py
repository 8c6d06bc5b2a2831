"""The services of payscope: what each decides, and what it tells about it."""
