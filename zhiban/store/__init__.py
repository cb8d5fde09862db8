"""The SQL database: models, engine, migrations."""

from zhiban.store.engine import open_engine
from zhiban.store.migrate import migrate

__all__ = ["migrate", "open_engine"]
