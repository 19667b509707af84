"""Alembic runs inside the program, on the connection it is handed."""

from alembic import context

from gridmap.store import cell_tables, draft_tables, tables  # noqa: F401

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
