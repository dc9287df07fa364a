"""Money is played on the stage of the orders; desks and tenderers as applications have them."""

from tests.applications.conftest import desk, issued
from tests.applications.test_claim import opened, tenderer

__all__ = ("desk", "issued", "opened", "tenderer")
