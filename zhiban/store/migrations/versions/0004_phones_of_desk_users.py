"""Telephones of the people at the desks"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "desk_user", sa.Column("phone", sa.String(length=128), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.drop_column("desk_user", "phone")
