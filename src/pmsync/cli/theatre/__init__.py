"""The demo: two stand-in systems on loopback, a believable product, and a whole sync from first plan to explained conflict."""
