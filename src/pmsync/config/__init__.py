"""``pmsync.yaml``: its model, loading with line numbers, and secrets."""
