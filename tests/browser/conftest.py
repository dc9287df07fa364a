"""People at their browsers in the running product."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import walk
from tests.support.product import Product

Enter = Callable[..., Page]


@pytest.fixture
def enter(product: Product, browser: Browser) -> Iterator[Enter]:
    """enter("业务运营 沈知微") signs in as that account, enter(name, width=390) on a phone; closed after the test."""
    pages: list[Page] = []

    def come(account: str, width: int = 1440) -> Page:
        pages.append(walk.enter(browser, product, account, width=width))
        return pages[-1]

    yield come
    for page in pages:
        page.context.close()
