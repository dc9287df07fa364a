"""A case as people see it: its timeline and its place on the drawing. Features and the desk show these."""

from app.runtime.views.picture import bpmn, state, tag
from app.runtime.views.timeline import timeline

__all__ = ("bpmn", "state", "tag", "timeline")
