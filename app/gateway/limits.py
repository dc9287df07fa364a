"""How often one address or caller may call: counted a second at a time, in Redis, by all processes together."""

from time import time

import redis
import structlog
from flask import current_app

from app.protocol.codes import Code, Refusal
from app.protocol.signing import Algorithm

log = structlog.get_logger("gateway")


def at_the_door(address: str, algorithm: str) -> None:
    """Before anything is verified; SM2 costs a hundred times what HMAC-SM3 costs."""
    _count(f"address:{address}", current_app.config["GATEWAY_PER_ADDRESS"])
    if algorithm == Algorithm.SM2_SM3:
        _count(f"sm2:{address}", current_app.config["GATEWAY_SM2_PER_ADDRESS"])


def per_caller(app_id: str) -> None:
    _count(f"app:{app_id}", current_app.config["GATEWAY_PER_CALLER"])


def guesses(address: str) -> None:
    """Numbers and codes are not to be tried out."""
    _count(f"verify:{address}", current_app.config["VERIFY_PER_ADDRESS"])


def _count(what: str, most: int) -> None:
    """Raise Refusal 5001 (429) above `most` a second. Without Redis nothing is counted: news of money goes first."""
    name = f"gateway:{what}:{int(time())}"
    try:
        with _redis().pipeline(transaction=False) as pipeline:
            pipeline.incr(name)
            pipeline.expire(name, 5)
            count = pipeline.execute()[0]
    except redis.RedisError as error:
        log.warning("calls are not counted", error=str(error))
        return
    if count > most:
        raise Refusal(Code.RETRY_LATER, "调用过于频繁，请稍后重试", status=429, known=False)


def _redis() -> redis.Redis:
    kept = current_app.extensions
    if "gateway_redis" not in kept:
        kept["gateway_redis"] = redis.Redis.from_url(
            current_app.config["REDIS_URL"], socket_timeout=0.5, socket_connect_timeout=0.5
        )
    found: redis.Redis = kept["gateway_redis"]
    return found
