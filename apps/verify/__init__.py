"""The auditor: reads what every service keeps, and says whether it fits together.

It is no service. It alone may know them all, and it changes nothing.
"""
