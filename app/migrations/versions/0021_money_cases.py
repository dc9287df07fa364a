"""money cases"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "money_case",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(), nullable=False),
        sa.Column("order_no", sa.String(), nullable=False),
        sa.Column("parcel", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_money_case")),
        sa.UniqueConstraint("no", name=op.f("uq_money_case_no")),
        sa.UniqueConstraint("order_no", "parcel", "account", "since", name="uq_money_case_stay"),
    )
    with op.batch_alter_table("money_case", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_money_case_state"), ["state"], unique=False)
