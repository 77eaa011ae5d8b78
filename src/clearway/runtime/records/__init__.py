"""What happened and how it is told: the bounded recorder, the lines about stalls and losses, the snapshot."""
