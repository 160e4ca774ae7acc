"""Rich text, purely: Markdown is the hub's spelling; what counts as the same text, its blocks, and how two edits of it are merged."""
