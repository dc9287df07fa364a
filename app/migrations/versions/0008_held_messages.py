"""messages that were put by"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("inbox", sa.Column("held", sa.Boolean(), server_default=sa.false(), nullable=False))
