"""The SQL database: models, engine, migrations (imported apart: Alembic is slow to load)."""

from zhiban.store.engine import open_engine

__all__ = ["open_engine"]
