"""B10: an institution's list of products and whether it takes orders now; terms told by address are fetched."""

from collections.abc import Mapping
from typing import Any

from app import clock, institutions
from app.audit import Actor
from app.db import db, transaction
from app.gateway import documents
from app.gateway.door import Asked, route
from app.institutions import Product, listing
from app.jobs import queue
from app.protocol.calls import B10

HANDLER = "gateway/terms"
LIST = 4 * 1024 * 1024
"""Bytes of the longest list: a hundred products with their terms."""


@route(B10, most=LIST)
def products(asked: Asked) -> Mapping[str, Any]:
    said, code = asked.values, asked.caller.code
    endpoint = institutions.get(code).endpoint_url
    for at, entry in enumerate(said["products"]):
        if "terms_url" in entry:
            documents.same_place(entry["terms_url"], endpoint, f"products.{at}.terms_url")
    accepting = said["status"] == "OPEN"
    for product in listing.replace(code, said["products"], accepting=accepting, by=asked.caller.actor):
        queue.post(HANDLER, {"product": product.id}, key=product.code)
    return {"received_at": clock.now()}


def fetch_terms(payload: Mapping[str, Any], *, key: str) -> None:
    """The errand: bring a product's terms; without them it is not offered."""
    product = db.session.get(Product, payload["product"], populate_existing=True)
    if product is None or not product.terms_url:
        return
    institution, url = product.institution, product.terms_url
    endpoint, by = institution.endpoint_url, Actor(f"institution:{institution.code}", institution.name)
    db.session.rollback()
    text = documents.fetch_text(url, endpoint=endpoint)
    with transaction():
        listing.take_terms(payload["product"], url, text, by=by)
