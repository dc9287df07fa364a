"""All rules over one policy folder."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from app.runtime.elements import Finding
from app.runtime.lint import flows, links, naming, shapes, soundness, waits, words
from app.runtime.lint.ground import ROLES, Ground, read

Rule = Callable[[Ground], Iterable[Finding]]

STRUCTURE: tuple[Rule, ...] = (*shapes.RULES, *flows.RULES, *words.RULES)  # what the engine itself relies on
ADVICE: tuple[Rule, ...] = (*links.RULES, *naming.RULES, *waits.RULES, *soundness.RULES)  # what else people rely on


def findings(
    policy: str,
    files: Mapping[str, bytes],
    shared: Mapping[str, bytes] | None = None,
    operations: Mapping[str, Any] | None = None,
    forms: Mapping[str, Any] | None = None,
    roles: Collection[str] = ROLES,
    names: Collection[str] | None = None,
) -> list[Finding]:
    """Errors first. `operations` and `forms`: name → what the application has under it; `names`: facts and start data,
    dotted, that expressions may use. None is not checked."""
    ground = judged(policy, files, shared or {})
    ground.operations, ground.forms, ground.roles = operations, forms, roles
    ground.names = names
    if not any(finding.severity == "error" for finding in ground.findings):
        for rule in ADVICE:
            ground.findings.extend(rule(ground))
    return sorted(ground.findings, key=lambda finding: finding.severity != "error")


def judged(policy: str, files: Mapping[str, bytes], shared: Mapping[str, bytes]) -> Ground:
    """The folder read and held against the rules the engine relies on."""
    ground = read(policy, files, shared)
    if not ground.findings:
        for rule in STRUCTURE:
            ground.findings.extend(rule(ground))
    return ground
