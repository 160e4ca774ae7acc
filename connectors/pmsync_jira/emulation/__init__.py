"""The inside of the Jira Cloud stand-in server; ``pmsync_jira.emulator`` is its door."""
