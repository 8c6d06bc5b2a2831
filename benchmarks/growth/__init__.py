"""What growth costs: more replicas, users, stored payments, events."""
