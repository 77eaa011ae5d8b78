"""Recordings for others to look at: a trace for Perfetto and Chrome, a page that stands alone."""
