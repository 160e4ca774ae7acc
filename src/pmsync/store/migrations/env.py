"""Run by Alembic for every upgrade: our connection, our version table, SQLite's tables copied where it cannot alter them."""

from alembic import context

from pmsync.store.migrations import VERSION_TABLE
from pmsync.store.tables import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
