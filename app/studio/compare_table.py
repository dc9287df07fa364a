"""Two decision tables: columns and rules added, removed and changed, cell by cell."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext as _
from lxml import etree

from app.studio import folders
from app.studio.change import Change
from app.studio.words import quoted


@dataclass(frozen=True)
class Table:
    """A decision as rows of text. `columns` are (id, heading), inputs first; `rows` map a rule's id to its cells."""

    name: str
    hit_policy: str
    columns: list[tuple[str, str]]
    rows: dict[str, list[tuple[str, str]]]  # rule → (cell id, text)
    expression: str

    def heading(self, index: int) -> str:
        return self.columns[index][1] if index < len(self.columns) else _("第 %(n)d 列", n=index + 1)

    def number(self, rule: str) -> int:
        return list(self.rows).index(rule) + 1


def changes(before: str, after: str) -> Iterator[Change]:
    old, new = ({i: _table(name, node) for i, name, node in folders.decisions_of(text)} for text in (before, after))
    for identifier, table in new.items():
        if identifier not in old:
            yield Change("added", identifier, _("新增决策“%(name)s”", name=table.name or identifier))
    for identifier, table in old.items():
        if identifier not in new:
            yield Change("removed", identifier, _("删除决策“%(name)s”", name=table.name or identifier))
        else:
            yield from _differences(identifier, table, new[identifier])


def _differences(identifier: str, old: Table, new: Table) -> Iterator[Change]:
    for label, was, now in (
        (_("名称"), old.name, new.name),
        (_("命中方式"), old.hit_policy, new.hit_policy),
        (_("表达式"), old.expression, new.expression),
    ):
        if was != now:
            yield Change("changed", identifier, _turned(label, was, now))
    yield from _columns(dict(old.columns), dict(new.columns))
    for rule in new.rows:
        if rule not in old.rows:
            text = _("新增第 %(n)d 条规则：%(rule)s", n=new.number(rule), rule=_rule(new, rule))
            yield Change("added", rule, text)
    for rule in old.rows:
        if rule not in new.rows:
            text = _("删除第 %(n)d 条规则：%(rule)s", n=old.number(rule), rule=_rule(old, rule))
            yield Change("removed", rule, text)
        else:
            yield from _cells(rule, old, new)
    kept = [rule for rule in old.rows if rule in new.rows]
    if kept != [rule for rule in new.rows if rule in old.rows]:
        yield Change("changed", identifier, _("规则的先后次序有变化"))


def _columns(old: dict[str, str], new: dict[str, str]) -> Iterator[Change]:
    for column, heading in new.items():
        if column not in old:
            yield Change("added", column, _("新增列“%(name)s”", name=heading))
        elif old[column] != heading:
            yield Change("changed", column, _turned(_("列"), old[column], heading))
    for column, heading in old.items():
        if column not in new:
            yield Change("removed", column, _("删除列“%(name)s”", name=heading))


def _cells(rule: str, old: Table, new: Table) -> Iterator[Change]:
    was = dict(old.rows[rule])
    for index, (cell, text) in enumerate(new.rows[rule]):
        if cell in was and was[cell] != text:
            where = _("第 %(n)d 条规则的“%(column)s”", n=new.number(rule), column=new.heading(index))
            yield Change("changed", cell, _turned(where, was[cell], text))


def _turned(label: str, before: str, after: str) -> str:
    return _("%(label)s由%(before)s改为%(after)s", label=label, before=quoted(before), after=quoted(after))


def _rule(table: Table, rule: str) -> str:
    cells = [f"{table.heading(i)} {text or '-'}" for i, (_cell, text) in enumerate(table.rows[rule])]
    return "；".join(cells)


def _table(name: str, decision: etree._Element) -> Table:
    logic = next((node for node in _children(decision, "decisionTable")), None)
    literal = next((node for node in _children(decision, "literalExpression")), None)
    if logic is None:
        return Table(name, "", [], {}, _text(literal) if literal is not None else "")
    columns = [(node.get("id", ""), _input(node)) for node in _children(logic, "input")]
    columns += [(n.get("id", ""), n.get("label") or n.get("name") or "") for n in _children(logic, "output")]
    policy = f"{logic.get('hitPolicy', 'UNIQUE')} {logic.get('aggregation', '')}".strip()
    return Table(name, policy, columns, rows(decision), "")


def rows(decision: etree._Element) -> dict[str, list[tuple[str, str]]]:
    """Rule → its cells as (id, text), inputs first."""
    return {
        rule.get("id", ""): [
            (entry.get("id", ""), _text(entry))
            for kind in ("inputEntry", "outputEntry")
            for entry in _children(rule, kind)
        ]
        for logic in _children(decision, "decisionTable")
        for rule in _children(logic, "rule")
    }


def _input(node: etree._Element) -> str:
    expression = next((_text(child) for child in _children(node, "inputExpression")), "")
    label = node.get("label") or ""
    return f"{label}（{expression}）" if label and expression != label else label or expression


def _children(node: etree._Element, name: str) -> Iterator[etree._Element]:
    return (child for child in node if isinstance(child.tag, str) and etree.QName(child).localname == name)


def _text(node: etree._Element) -> str:
    return next(((child.text or "").strip() for child in _children(node, "text")), "")
