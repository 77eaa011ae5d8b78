"""`clearway top`: what a stream of frames comes to, in a terminal, as text or as JSON."""
