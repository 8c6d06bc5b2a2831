"""Records what merchants are to be told of their payments."""
