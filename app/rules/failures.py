"""What can go wrong with an expression, said in Chinese and in English."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NamedTuple

TEXTS: dict[str, tuple[str, str]] = {
    # syntax
    "unexpected": ("这里不应出现“{found}”，应为{wanted}", "unexpected “{found}”, expected {wanted}"),
    "unfinished": ("表达式没有写完，还缺{wanted}", "the expression ends too early, expected {wanted}"),
    "character": ("不认识的字符“{found}”", "unknown character “{found}”"),
    "fullwidth": ("这里用了全角符号“{found}”，请改用半角“{half}”", "full-width “{found}”: write “{half}”"),
    "foreign": ("“{found}”不是这里的写法，请写“{instead}”", "“{found}” is not FEEL: write “{instead}”"),
    "unclosed_text": ("引号没有成对", "the quotation mark is never closed"),
    "unclosed_comment": ("注释没有用 */ 结束", "the comment is never closed by */"),
    "reserved": ("名称“{name}”不可用：不能以两个下划线开头", "the name “{name}” is reserved"),
    "empty": ("表达式是空的", "the expression is empty"),
    "too_long": (
        "表达式过长（上限 {limit} 个字符）",
        "the expression is too long (limit {limit} characters)",
    ),
    "too_many_tokens": (
        "表达式过长（上限 {limit} 个词）",
        "the expression is too long (limit {limit} words)",
    ),
    "too_nested": ("嵌套过深（上限 {limit} 层）", "nested too deeply (limit {limit})"),
    "bad_number": ("数字“{found}”超出范围", "the number “{found}” is out of range"),
    "bad_temporal": ("“{text}”不是日期、时间或时长", "“{text}” is no date, time or duration"),
    "duplicate_parameter": ("参数“{name}”写了两次", "the parameter “{name}” is given twice"),
    "duplicate_key": ("键“{name}”写了两次", "the key “{name}” is given twice"),
    # bounds
    "steps": ("计算步数超过上限 {limit}", "more than {limit} steps"),
    "time": ("计算超过时限 {limit} 秒", "longer than {limit} s"),
    "depth": ("函数调用过深（上限 {limit} 层）", "calls nested too deeply (limit {limit})"),
    "list_size": ("列表过长（上限 {limit} 项）", "the list is too long (limit {limit} items)"),
    "text_size": ("文本过长（上限 {limit} 个字符）", "the text is too long (limit {limit} characters)"),
    "bad_value": ("“{kind}”类型的数据不能用于规则", "data of the type “{kind}” cannot be used in rules"),
    # nulls
    "undefined": ("名称“{name}”没有定义{nearest}", "the name “{name}” is not defined{nearest}"),
    "no_member": ("{of}没有“{name}”这一项", "{of} has no “{name}”"),
    "not_comparable": ("{left}与{right}不能比较", "{left} and {right} cannot be compared"),
    "not_operable": ("{left}与{right}不能做“{op}”运算", "“{op}” does not apply to {left} and {right}"),
    "not_negatable": ("{of}不能取负", "{of} cannot be negated"),
    "arithmetic": (
        "“{op}”没有结果（除以零或超出范围）",
        "“{op}” has no result (division by zero or out of range)",
    ),
    "not_boolean": ("{of}不是“真”或“假”", "{of} is neither true nor false"),
    "not_function": ("“{name}”不是函数{nearest}", "“{name}” is no function{nearest}"),
    "not_list": ("{of}不能逐项取值", "{of} cannot be iterated"),
    "no_index": ("列表共 {size} 项，没有第 {index} 项", "the list has {size} items, none at {index}"),
    "arguments": ("{name}的参数个数或名称不对，应为 {expected}", "{name} takes other arguments: {expected}"),
    "argument_type": (
        "{name}的参数“{parameter}”应为{expected}，得到{found}",
        "{name}: “{parameter}” should be {expected}, got {found}",
    ),
    "argument_value": ("{name}不能接受{found}", "{name} cannot take {found}"),
    "external": ("不支持外部函数", "external functions are not supported"),
    "pattern": ("正则表达式“{pattern}”有误：{reason}", "the pattern “{pattern}” is wrong: {reason}"),
    "bad_range": ("区间两端不能比较", "the ends of the range cannot be compared"),
    "wrong_type": ("{name}应为{expected}，得到{found}", "{name} should be {expected}, got {found}"),
    "not_allowed": ("{name}的值{found}不在允许的范围内", "the value {found} of {name} is not allowed"),
    # tables and models
    "xml": ("不是有效的 DMN 文件：{reason}", "no valid DMN file: {reason}"),
    "cell": ("{where}：{message}", "{where}: {message}"),
    "unknown_decision": ("没有名为“{name}”的决策{nearest}", "no decision “{name}”{nearest}"),
    "unknown_reference": ("引用的“{name}”不存在", "the reference “{name}” leads nowhere"),
    "cycle": ("决策“{name}”依赖自身", "the decision “{name}” depends on itself"),
    "not_unique": (
        "决策表“{name}”要求唯一命中，但规则 {rules} 同时命中",
        "the table “{name}” is unique, but the rules {rules} match together",
    ),
    "not_any": (
        "决策表“{name}”的规则 {rules} 同时命中而结果不同",
        "the rules {rules} of the table “{name}” match with different results",
    ),
    "not_collectable": (
        "决策表“{name}”的结果不能汇总",
        "the results of the table “{name}” cannot be aggregated",
    ),
    "no_rule": ("决策表“{name}”没有规则命中", "no rule of the table “{name}” matches"),
    "no_logic": ("“{name}”没有决策逻辑", "“{name}” has no decision logic"),
    # findings of a table's check
    "overlap": ("规则 {rules} 会同时命中", "the rules {rules} match together"),
    "gap": ("没有规则处理这种情况", "no rule covers this case"),
    "unreachable": (
        "规则 {rule} 永远轮不到：前面的规则已经全部命中",
        "the rule {rule} is never reached: earlier ones cover it",
    ),
    "never": ("规则 {rule} 的“{label}”列 {cell} 永远不会成立", "the rule {rule} never matches: “{label}” {cell}"),
    "duplicate": ("规则 {rules} 完全相同", "the rules {rules} are the same"),
    "cell_not_allowed": (
        "规则 {rule} 的“{label}”列 {value} 不在允许的值之内",
        "the rule {rule}: “{label}” does not allow {value}",
    ),
    "cell_type": (
        "规则 {rule} 的“{label}”列应为{wanted}，写的是{value}",
        "the rule {rule}: “{label}” should be {wanted}, not {value}",
    ),
    "hit_policy": ("不认识的命中策略“{name}”", "unknown hit policy “{name}”"),
}


class Said(NamedTuple):
    """A word or a place in both languages."""

    zh: str
    en: str

    def then(self, zh: str, en: str) -> Said:
        """A place inside this one."""
        return Said(f"{self.zh} › {zh}", f"{self.en} › {en}")


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to tell a person, in both languages, with its place in the expression."""

    code: str
    zh: str
    en: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return self.zh


def note(code: str, line: int = 0, column: int = 0, **facts: Any) -> Note:
    zh, en = TEXTS[code]
    chinese = {name: fact.zh if isinstance(fact, Said) else fact for name, fact in facts.items()}
    english = {name: fact.en if isinstance(fact, Said) else fact for name, fact in facts.items()}
    return Note(code, zh.format(**chinese), en.format(**english), line, column)


class RuleError(Exception):
    """The only thing an evaluation raises: a bound was reached or a table contradicts itself."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.note = note(code, **facts)
        self.code, self.zh, self.en = code, self.note.zh, self.note.en
        super().__init__(self.zh)


class RuleSyntaxError(RuleError):
    """Text that is no expression; `where` names the table's cell if it stands in one."""

    def __init__(
        self, code: str, line: int = 1, column: int = 1, *, expected: Iterable[str] = (), **facts: Any
    ) -> None:
        super().__init__(code, **facts)
        self.line, self.column, self.expected = line, column, tuple(expected)
        self.where = ""

    def at(self, where: Said) -> RuleSyntaxError:
        """The same error, told from the table's or model's point of view."""
        message = Said(self.zh, self.en)
        told = RuleSyntaxError("cell", self.line, self.column, expected=self.expected, where=where, message=message)
        told.where = where.zh
        return told

    def __str__(self) -> str:
        return f"第 {self.line} 行第 {self.column} 列：{self.zh}"


class Failed(Exception):
    """Inside an evaluation: this call's result is null, and why."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.code, self.facts = code, facts
        super().__init__(code)


def nearest(name: str, known: Iterable[str]) -> Said:
    """For a message: the names that look most like this one."""
    found = get_close_matches(name, list(known)[:500], 3, 0.5)
    if not found:
        return Said("", "")
    names = "、".join(f"“{one}”" for one in found)
    return Said(f"，是否想写{names}", f", did you mean {names}")
