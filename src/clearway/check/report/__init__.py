"""What a check says: as text, JSON, SARIF and GitHub annotations, each made from one `Selection`."""
