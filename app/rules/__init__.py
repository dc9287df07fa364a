"""FEEL expressions and DMN decisions: bounded, explained, errors for people. Imports nothing else of app."""

from .bounds import Bounds
from .check import Finding, check_table
from .expression import Explanation, Expression, compile
from .failures import Note, RuleError, RuleSyntaxError
from .loader import load_dmn
from .model import Model, Trace
from .nearest import Lack, Way, nearest
from .printer import shown
from .temporal import ZONE, parse_datetime, parse_duration
from .unary import UnaryTests, unary
from .values import Function, Months, Range
from .wire import from_json, to_json

__all__ = [
    "ZONE",
    "Bounds",
    "Explanation",
    "Expression",
    "Finding",
    "Function",
    "Lack",
    "Model",
    "Months",
    "Note",
    "Range",
    "RuleError",
    "RuleSyntaxError",
    "Trace",
    "UnaryTests",
    "Way",
    "check_table",
    "compile",
    "from_json",
    "load_dmn",
    "nearest",
    "parse_datetime",
    "parse_duration",
    "shown",
    "to_json",
    "unary",
]
