"""How often one address or caller may call."""

from app import rates
from app.guarantees import verification
from app.protocol.codes import Code, Refusal
from app.protocol.signing import Algorithm

TOO_MANY = "调用过于频繁，请稍后重试"


def at_the_door(address: str, algorithm: str) -> None:
    """Before anything is verified; SM2 costs a hundred times what HMAC-SM3 costs."""
    _check(rates.within(f"address:{address}", "GATEWAY_PER_ADDRESS"))
    if algorithm == Algorithm.SM2_SM3:
        _check(rates.within(f"sm2:{address}", "GATEWAY_SM2_PER_ADDRESS"))


def per_caller(app_id: str) -> None:
    _check(rates.within(f"app:{app_id}", "GATEWAY_PER_CALLER"))


def guesses(address: str) -> None:
    """Numbers and codes are not to be tried out, here or on the page."""
    _check(verification.may_ask(address))


def may_sign(address: str) -> bool:
    """Whether the platform's SM2 signature may be spent on this address."""
    return rates.within(f"sign:{address}", "GATEWAY_SM2_PER_ADDRESS")


def _check(allowed: bool) -> None:
    if not allowed:
        raise Refusal(Code.RETRY_LATER, TOO_MANY, status=429, known=False)
