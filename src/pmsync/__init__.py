"""pmsync: an integration sync engine between work trackers.

The packages, from the outside in: ``cli`` (the face), ``app`` (chooses implementations), ``jobs`` (when rounds run), ``engine``
(the round), ``store`` / ``net`` / ``config`` (the edges), ``connect`` (what a connector author reads), ``reconcile`` and
``model`` (pure: values in, values out). A package imports only what stands after it in this list.
"""

__version__ = "0.1.0"
