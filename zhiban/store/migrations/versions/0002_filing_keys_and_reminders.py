"""Filing keys of tickets, reminders"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ticket", sa.Column("filing_key", sa.String(length=128), nullable=True))
    op.create_index("ix_ticket_filing_key", "ticket", ["filing_key"], unique=True)
    op.create_table(
        "reminder",
        sa.Column("id", sa.String(length=96), nullable=False),
        sa.Column("ticket_number", sa.String(length=32), nullable=False),
        sa.Column("handoff_id", sa.String(length=64), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=128), nullable=False),
        sa.Column("due_at", sa.String(length=32), nullable=False),
        sa.Column("told_at", sa.String(length=32), nullable=False),
        sa.Column("over_at", sa.String(length=32), nullable=False),
        sa.Column("done", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_reminder_ticket_number", "reminder", ["ticket_number"], unique=False)
    op.create_index("ix_reminder_over_at", "reminder", ["over_at"], unique=False)


def downgrade() -> None:
    op.drop_table("reminder")
    op.drop_index("ix_ticket_filing_key", "ticket")
    op.drop_column("ticket", "filing_key")
