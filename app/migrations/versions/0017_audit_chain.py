"""the audit trail's chain, its checkpoints, the keys that sign"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Lines that are there get their numbers from the job, some thousand a second, while everything runs."""
    op.add_column("audit_line", sa.Column("mark", sa.LargeBinary(), nullable=True))
    op.add_column("audit_line", sa.Column("chain_no", BIG, nullable=True))
    op.add_column("audit_line", sa.Column("chain_hash", sa.LargeBinary(), nullable=True))
    free, chained = sa.text("chain_no IS NULL"), sa.text("chain_no IS NOT NULL")
    op.create_index("ix_audit_line_unchained", "audit_line", ["id"], postgresql_where=free, sqlite_where=free)
    op.create_index(
        "ix_audit_line_chain", "audit_line", ["chain_no"], unique=True, postgresql_where=chained, sqlite_where=chained
    )

    op.create_table(
        "audit_head",
        sa.Column("id", BIG, nullable=False),
        sa.Column("no", BIG, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("marked_from", BIG, nullable=True),
        sa.Column("checkpoints", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("no", BIG, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("checked", sa.Integer(), nullable=False),
        sa.Column("findings", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_checkpoint")),
        sa.UniqueConstraint("day", name=op.f("uq_audit_checkpoint_day")),
    )
    op.create_table(
        "signing_key",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("public", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proof", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_signing_key")),
    )
