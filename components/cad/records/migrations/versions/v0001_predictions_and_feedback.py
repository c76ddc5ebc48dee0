"""Make the tables of predictions and feedback, to which rows are added and never changed.

A migration stays as it was: columns stand here in full, not as the code of today names them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_TABLES = ("cad_predictions", "cad_feedback")
_PROBABILITIES = ("p_MEL", "p_NV", "p_BCC", "p_AK", "p_BKL", "p_DF", "p_VASC", "p_SCC", "p_UNK")


def upgrade() -> None:
    """Make the tables, their indexes, and the triggers that refuse to change a row."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "cad_predictions",
        sa.Column("id", key, primary_key=True, comment="grows in the order in which predictions were added"),
        sa.Column("request_id", sa.Text, nullable=False, unique=True),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("images", sa.JSON, nullable=False),
        sa.Column("model_name", sa.Text, nullable=False),
        sa.Column("model_version", sa.Text, nullable=False),
        sa.Column("model_digest", sa.Text, nullable=False),
        sa.Column("age", sa.Double),
        sa.Column("sex", sa.Text),
        sa.Column("site", sa.Text),
        *(sa.Column(name, sa.Double, nullable=False) for name in _PROBABILITIES),
        sa.Column("malignant_probability", sa.Double, nullable=False),
        sa.Column("malignant", sa.Boolean, nullable=False),
        sa.Column("abstain", sa.Boolean, nullable=False),
        sa.Column("out_of_distribution", sa.Double, nullable=False),
        sa.Column("unusual", sa.Boolean, nullable=False),
        sa.Column("malignant_threshold", sa.Double, nullable=False),
        sa.Column("abstain_threshold", sa.Double, nullable=False),
        sa.Column("out_of_distribution_threshold", sa.Double, nullable=False),
        sa.Column("quality", sa.JSON, nullable=False),
        sa.Column("brightness", sa.Double),
        sa.Column("user", sa.Text),
    )
    op.create_table(
        "cad_feedback",
        sa.Column("id", key, primary_key=True, comment="grows in the order in which feedback came"),
        sa.Column("request_id", sa.Text, sa.ForeignKey("cad_predictions.request_id"), nullable=False, index=True),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("user", sa.Text),
    )
    _refuse_changes()


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in _TABLES:
            for change in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'records are only ever added to'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION cad_refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'records are only ever added to'; END $$"
    )
    for table in _TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION cad_refuse_change()"
        )
