"""What the lanes share that send calls to another process: what may travel, and how it does."""
