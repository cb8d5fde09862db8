"""Alembic's entry: runs on the connection that zhiban.store.migrate hands over."""

from __future__ import annotations

from alembic import context

from zhiban.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
