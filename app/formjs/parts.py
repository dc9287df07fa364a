"""What stands in a form besides its fields."""

from dataclasses import dataclass

from app.formjs.fields import Field


@dataclass(frozen=True)
class Words:
    """form-js's text: a few paragraphs, no HTML."""

    text: str
    hide: str = ""


@dataclass(frozen=True)
class Line:
    """form-js's separator."""


@dataclass(frozen=True)
class Group:
    """A named part; what hides it stands in each of its fields too."""

    label: str
    items: "tuple[Item, ...]"
    hide: str = ""


Item = Field | Words | Line | Group
