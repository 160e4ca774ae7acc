"""The simulator: seeded worlds that do their worst to the real engine with the real connectors, and a judge that knows the truth.

``shape`` draws a world, ``world`` plays it (``people`` move, ``way`` and ``mishaps`` break the network, ``machine`` dies and comes back),
``truth`` notes what really happened, ``judge`` holds it against what the engine ``claims``, ``outcome`` adds up, ``campaign`` plays many.
``python -m pmsync.testing.simulate --help`` is its command line.
"""
