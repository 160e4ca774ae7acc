"""Roadmap files: from text to a ``Roadmap`` with the place of everything, and back by edits that touch nothing else. No I/O."""
