"""One difference, in words, at the element it concerns."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    kind: str  # added, removed, changed
    element_id: str
    text: str
