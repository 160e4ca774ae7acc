"""Lists that people keep in files: customers, as CSV or one JSON object a line. What is wrong with a row is told; the others count."""

from pmsync.sheets.customers import read_customers
from pmsync.sheets.rows import Complaint, Row, rows

__all__ = ["Complaint", "Row", "read_customers", "rows"]
