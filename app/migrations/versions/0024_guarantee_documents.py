"""guarantee documents"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "guarantee_document",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("guarantee_no", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["guarantee_no"], ["guarantee.no"], name=op.f("fk_guarantee_document_guarantee_no")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_guarantee_document_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guarantee_document")),
        sa.UniqueConstraint(
            "guarantee_no", "kind", "file_id", name=op.f("uq_guarantee_document_guarantee_no_kind_file_id")
        ),
    )
    # what was told openly before stood in a column only
    op.execute(
        "INSERT INTO guarantee_document (guarantee_no, kind, file_id, at) "
        "SELECT no, 'plain', plain_file_id, received_at FROM guarantee WHERE plain_file_id IS NOT NULL"
    )
