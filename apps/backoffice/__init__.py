"""Shows merchants their payments: a view of its own, made from events."""
