"""Load that judges answers: it speaks HTTP and knows nothing of the code behind it."""
