"""The functions of the standard, by the values they work on."""

from ..signatures import BUILTINS
from . import contexts, lists, moments, numbers, ranges, texts

__all__ = ["BUILTINS", "contexts", "lists", "moments", "numbers", "ranges", "texts"]
