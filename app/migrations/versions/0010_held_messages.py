"""messages that were put by"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("inbox", sa.Column("held", sa.Boolean(), server_default=sa.false(), nullable=False))
