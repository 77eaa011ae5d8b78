"""What runs inside the user's process: small, bounded, never raises into a request."""
