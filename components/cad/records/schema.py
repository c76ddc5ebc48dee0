"""The two tables, as the newest migration leaves them."""

import sqlalchemy as sa

from components.common.predictions import probability_columns

METADATA = sa.MetaData()

# SQLite counts by itself only what is declared INTEGER.
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# SQLite keeps no time zone: what is written there, and so what is read, is UTC.
_TIME = sa.DateTime(timezone=True)

PREDICTIONS = sa.Table(
    "cad_predictions",
    METADATA,
    sa.Column("id", _ID, primary_key=True, comment="grows in the order in which predictions were added"),
    sa.Column("request_id", sa.Text, nullable=False, unique=True),
    sa.Column("time", _TIME, nullable=False, index=True),
    sa.Column("images", sa.JSON, nullable=False),
    sa.Column("model_name", sa.Text, nullable=False),
    sa.Column("model_version", sa.Text, nullable=False),
    sa.Column("model_digest", sa.Text, nullable=False),
    sa.Column("age", sa.Double),
    sa.Column("sex", sa.Text),
    sa.Column("site", sa.Text),
    *(sa.Column(name, sa.Double, nullable=False) for name in probability_columns()),
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
    sa.Column("tensors", sa.Boolean, nullable=False, server_default=sa.false()),
)

FEEDBACK = sa.Table(
    "cad_feedback",
    METADATA,
    sa.Column("id", _ID, primary_key=True, comment="grows in the order in which feedback came"),
    sa.Column("request_id", sa.Text, sa.ForeignKey(PREDICTIONS.c.request_id), nullable=False, index=True),
    sa.Column("time", _TIME, nullable=False, index=True),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("user", sa.Text),
)
