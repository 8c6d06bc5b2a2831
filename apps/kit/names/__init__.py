"""The names that all services share, declared: see `kit/declaring.py`."""
