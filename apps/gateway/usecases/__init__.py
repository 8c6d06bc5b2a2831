"""What the gateway can be asked to do."""
