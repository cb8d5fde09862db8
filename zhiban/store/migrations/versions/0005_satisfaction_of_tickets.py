"""Satisfaction of tickets"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "ticket",
        sa.Column("satisfaction", sa.String(length=16), nullable=False, server_default=""),
    )
    op.add_column("ticket", sa.Column("surveyed_at", sa.String(length=32), nullable=True))
    op.create_index("ix_ticket_surveyed_at", "ticket", ["surveyed_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_ticket_surveyed_at", "ticket")
    op.drop_column("ticket", "surveyed_at")
    op.drop_column("ticket", "satisfaction")
