"""What publish refuses, and on which shape. One rule, one small function."""

from app.runtime.lint.shapes import ALLOWED, REFUSED
from app.runtime.lint.verdict import findings, judged

__all__ = ["ALLOWED", "REFUSED", "findings", "judged"]
