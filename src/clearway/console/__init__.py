"""The live view: a small server beside the app."""
