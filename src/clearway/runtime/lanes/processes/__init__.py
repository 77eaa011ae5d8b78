"""Behind the process lane: worker processes, what runs in them, and what both sides say to each other."""
