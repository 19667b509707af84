"""Alembic runs inside the program, on the connection it is handed."""

from alembic import context

from gridmap.store import draft_tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=draft_tables.version.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
