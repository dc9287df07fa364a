"""compared days and their differences"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "book_difference",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(), nullable=False),
        sa.Column("institution", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("order_no", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("amounts", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason_code", sa.String(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_difference")),
        sa.UniqueConstraint(
            "institution",
            "day",
            "what",
            "kind",
            "order_no",
            "reference",
            name="uq_book_difference_place",
        ),
        sa.UniqueConstraint("no", name=op.f("uq_book_difference_no")),
    )
    with op.batch_alter_table("book_difference", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_book_difference_order_no"), ["order_no"], unique=False)

    op.create_table(
        "compared_day",
        sa.Column("institution", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("institution", "day", name=op.f("pk_compared_day")),
    )
