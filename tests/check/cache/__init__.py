"""The cache of results."""
