"""One module per board, which returns it."""
