"""products told by institutions, awards"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "lot_award",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_no", sa.String(), nullable=False),
        sa.Column("winner", sa.LargeBinary(), nullable=False),
        sa.Column("amount", sa.LargeBinary(), nullable=True),
        sa.Column("awarded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_award")),
        sa.UniqueConstraint("lot_no", name=op.f("uq_lot_award_lot_no")),
    )
    with op.batch_alter_table("institution", schema=None) as batch_op:
        batch_op.add_column(sa.Column("accepting", sa.Boolean(), server_default=sa.true(), nullable=False))

    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.add_column(sa.Column("terms_url", sa.String(), server_default="", nullable=False))
