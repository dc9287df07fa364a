"""The web server: `gunicorn -c config/gunicorn.py wsgi:app`. Threads wait for the database; processes use the cores."""

import logging
import os
from pathlib import Path
from typing import Any

bind = f"{os.environ.get('WEB_HOST', '127.0.0.1')}:{os.environ.get('WEB_PORT', '8000')}"
workers = int(os.environ.get("WEB_WORKERS", "2"))
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60
graceful_timeout = 20
keepalive = 15
max_requests = 20_000
max_requests_jitter = 2_000
preload_app = True
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # heartbeats, not data
logconfig_dict = {  # everything goes the way app/logs.py says
    "version": 1,
    "disable_existing_loggers": False,
    "root": {"level": "INFO", "handlers": []},
    "loggers": {"gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True, "qualname": "gunicorn.error"}},
    "handlers": {},
    "formatters": {},
}


def post_fork(server: Any, worker: Any) -> None:
    """The master's connections are not shared, and a worker ends with its master."""
    from app import db as database
    from app import processes, starting
    from wsgi import app

    processes.follow_parent()
    starting.settled()
    with app.app_context():
        database.db.engine.dispose(close=False)


def worker_exit(server: Any, worker: Any) -> None:
    """All is answered by now: leave at once, for taking apart what was shared with the master costs a second."""
    if worker.pid == os.getpid():  # the master calls this too, for a worker that vanished
        logging.shutdown()
        os._exit(0)


def child_exit(server: Any, worker: Any) -> None:
    """Drop the figures of a worker that is gone."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)


def when_ready(server: Any) -> None:
    """A process refuses a database that newer code has migrated; one that can't be asked now is readyz's matter."""
    from sqlalchemy.exc import SQLAlchemyError

    from app import schema
    from wsgi import app

    with app.app_context():
        try:
            schema.refuse_newer()
        except SQLAlchemyError as error:
            server.log.warning("schema not checked: %s", type(error).__name__)
