"""The one door: checks who comes, and forwards to the service that answers."""
