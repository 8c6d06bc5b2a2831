"""What a load run comes to: a verdict, the figures behind it, and where to look further."""
