"""What the services share: values, telemetry, HTTP, database, broker."""
