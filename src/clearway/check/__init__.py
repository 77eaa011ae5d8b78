"""Reads code, never runs it: says for every root what blocks the loop, through any number of calls."""
