"""How Alembic runs the revisions: on the connection it is given, within its transaction."""

from alembic import context

from streams.store.upgrade import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
context.run_migrations()
