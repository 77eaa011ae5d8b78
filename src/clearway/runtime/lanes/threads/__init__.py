"""Behind the thread lane: its threads, and who of what waits may run in them."""
