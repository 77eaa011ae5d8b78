"""Where a call runs, and why: the user's pins, the checker's plan, and what is known of each callable."""
