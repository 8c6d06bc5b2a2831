"""Cards, the rules of a card payment, and the life of a payment; no I/O anywhere."""
