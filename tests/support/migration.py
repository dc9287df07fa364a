"""`make migration M="what changes"`: write the next revision from what the models say and the last one does not.

Read it before it is committed: autogenerate sees no sequences, renames or data. Expand first; contract in a later
version, when no running process reads the old column.
"""

import sys
import tempfile
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import revision

from app import create_app, schema
from app.db import db
from tests.support.installation import Installation


def main(message: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        kept = Installation("sqlite", Path(folder), "redis://127.0.0.1:1")
        app = create_app(**kept.settings(f"sqlite:///{folder}/now.db"))
        with app.app_context():
            schema.make()
            last = schema.seen().head
            with db.engine.connect() as connection:
                if not compare_metadata(MigrationContext.configure(connection), db.metadata):
                    print("the models and the migrations agree already")
                    return 1
            revision(message=message, autogenerate=True, rev_id=f"{int(last or 0) + 1:04}")
    return 0


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
