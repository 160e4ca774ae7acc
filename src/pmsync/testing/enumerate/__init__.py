"""Exhaustive proofs in the small: everything that can happen in a world of two trackers and one item, once each, and judged.

``rig`` is that world (``values`` names what is in it): the real engine over a ``disk`` in memory, which can be frozen, thawed and killed.
``crashes`` kills it at every step, and at every pair of steps, of the canonical ``scenarios``. ``walk`` goes through every sequence of ``moves``
up to a bound, with at most one mishap, and ``oracle`` says of each what was lost, doubled or disputed without need.
``python -m pmsync.testing.enumerate --help`` is the command line.
"""
