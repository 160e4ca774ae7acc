"""The round: pull, adopt, settle, plan, apply, confirm, resolve, sweep; and the stream of events it tells.

``Engine`` in ``engine.py`` is the door. Each step stands in a file of its own and reads as the design's section "The round".
"""
