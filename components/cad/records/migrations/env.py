"""What Alembic runs: the migrations, on the connection that `migrating.py` gives it."""

from alembic import context

from components.cad.records.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=context.config.attributes["version_table"],
)
# The transaction is the caller's, who holds the lock.
context.run_migrations()
