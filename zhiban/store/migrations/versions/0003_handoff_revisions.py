"""Revisions of handoffs, and the node that holds the call"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "handoff", sa.Column("node", sa.String(length=256), nullable=False, server_default="")
    )
    op.add_column("handoff", sa.Column("rev", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("handoff", "rev")
    op.drop_column("handoff", "node")
