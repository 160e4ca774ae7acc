"""The parts of the GitHub stand-in server; ``pmsync_github.emulator`` puts them together.

``state`` is what exists, ``world`` how it changes, ``render`` how it looks in REST, ``rest_*`` the endpoints, ``graphql_*`` the other face on
the same world, ``limits`` and ``auth`` the doorkeepers, ``webhooks`` the messenger.
"""
