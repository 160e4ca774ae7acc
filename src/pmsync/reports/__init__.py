"""Reports: what the store knows, told for people. They read, and never ask a system or write anything."""

from pmsync.reports.document import Document, Table, plain

__all__ = ["Document", "Table", "plain"]
