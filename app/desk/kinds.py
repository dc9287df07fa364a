"""What a policy is called: the name on its live drawing."""

from app.db import db
from app.runtime import definitions
from app.runtime.models import PolicyLive


def title(policy: str) -> str:
    """The process's name, or the policy's code where the drawing has none."""
    pointer = db.session.get(PolicyLive, policy)
    if pointer is None:
        return policy
    diagram = definitions.get(pointer.version_id).definition.diagram
    return diagram.processes[diagram.main].name or policy


def titles(policies: list[str]) -> dict[str, str]:
    return {policy: title(policy) for policy in policies}
