"""Whom the console asks: the gateway as its clients do, and the servers of the telemetry."""
