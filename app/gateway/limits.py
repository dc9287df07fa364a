"""How often one address or caller may call: counted a second at a time, in Redis, by all processes together."""

from time import time

import redis
import structlog
from flask import current_app

from app.protocol.codes import Code, Refusal
from app.protocol.signing import Algorithm

log = structlog.get_logger("gateway")


TOO_MANY = "调用过于频繁，请稍后重试"


def at_the_door(address: str, algorithm: str) -> None:
    """Before anything is verified; SM2 costs a hundred times what HMAC-SM3 costs."""
    _check(f"address:{address}", "GATEWAY_PER_ADDRESS")
    if algorithm == Algorithm.SM2_SM3:
        _check(f"sm2:{address}", "GATEWAY_SM2_PER_ADDRESS")


def per_caller(app_id: str) -> None:
    _check(f"app:{app_id}", "GATEWAY_PER_CALLER")


def guesses(address: str) -> None:
    """Numbers and codes are not to be tried out."""
    _check(f"verify:{address}", "VERIFY_PER_ADDRESS")


def may_sign(address: str) -> bool:
    """Whether the platform's SM2 signature may be spent on this address."""
    return _within(f"sign:{address}", "GATEWAY_SM2_PER_ADDRESS")


def _check(what: str, setting: str) -> None:
    if not _within(what, setting):
        raise Refusal(Code.RETRY_LATER, TOO_MANY, status=429, known=False)


def _within(what: str, setting: str) -> bool:
    """Count one more in this second. Without Redis nothing is counted: news of money goes first."""
    name = f"gateway:{what}:{int(time())}"
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
    kept = current_app.extensions
    if "gateway_redis" not in kept:
        kept["gateway_redis"] = redis.Redis.from_url(
            current_app.config["REDIS_URL"], socket_timeout=0.5, socket_connect_timeout=0.5
        )
    found: redis.Redis = kept["gateway_redis"]
    return found
