"""Answers that were given before, kept in the user's cache folder for as long as nothing they rest on has changed."""
