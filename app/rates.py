"""How often something may be done: counted a second at a time, in Redis, by all processes together."""

from time import time

import redis
import structlog
from flask import current_app

log = structlog.get_logger("rates")


def within(what: str, setting: str) -> bool:
    """Count one more in this second; whether it is not above the setting. Without Redis nothing is counted: news of
    money goes first."""
    name = f"rate:{what}:{int(time())}"
    try:
        with _redis().pipeline(transaction=False) as pipeline:
            pipeline.incr(name)
            pipeline.expire(name, 5)
            count = int(pipeline.execute()[0])
    except redis.RedisError as error:
        log.warning("calls are not counted", error=str(error))
        return True
    return count <= int(current_app.config[setting])


def _redis() -> redis.Redis:
    """A client that soon gives up."""
    kept = current_app.extensions
    if "rates_redis" not in kept:
        kept["rates_redis"] = redis.Redis.from_url(
            current_app.config["REDIS_URL"], socket_timeout=0.5, socket_connect_timeout=0.5
        )
    found: redis.Redis = kept["rates_redis"]
    return found
