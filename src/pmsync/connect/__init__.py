"""What a connector author reads: the contract, capabilities, errors, markers, and the door by which a plugin enters.

Start with ``contract.py``; ``connectors/pmsync_memory`` is the smallest connector that passes the conformance suite.
"""
