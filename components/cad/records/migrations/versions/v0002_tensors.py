"""Tell answers to tensors from those to pictures, of which all were until now."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column."""
    op.add_column("cad_predictions", sa.Column("tensors", sa.Boolean, nullable=False, server_default=sa.false()))
