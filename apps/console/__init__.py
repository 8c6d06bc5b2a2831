"""The page where a payment is made, its story read, and the boards are seen: asks public APIs alone."""
