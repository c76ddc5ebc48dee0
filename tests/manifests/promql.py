"""Which metrics a PromQL expression asks for, and by which labels."""

import re
from dataclasses import dataclass, field

_STRING = r'"(?:[^"\\]|\\.)*"'
# A name with its selector, which may be left out; neither a function nor the argument list of `by`, `on` and the like.
_SELECTOR = re.compile(rf"\b([a-zA-Z_:][\w:]*)\s*(?:\{{((?:[^{{}}\"]|{_STRING})*)\}})?(?!\s*\(|[\w:])")
_MATCHER = re.compile(rf"(\w+)\s*(=~|!~|!=|=)\s*({_STRING})")
_GROUPED = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^()]*)\)")
_WORDS = frozenset({"and", "or", "unless", "bool", "offset", "inf", "nan"})


@dataclass(frozen=True)
class Asked:
    """One selector."""

    metric: str
    labels: dict[str, str] = field(default_factory=dict)
    """What each must be; the pattern where it is one."""


def asked(expression: str) -> list[Asked]:
    """The selectors of an expression."""
    plain = re.sub(r"\[[^\]]*\]", "", _GROUPED.sub("", expression))
    found = []
    for name, selector in _SELECTOR.findall(plain):
        if name.lower() not in _WORDS:
            found.append(Asked(name, {label: value[1:-1] for label, _, value in _MATCHER.findall(selector)}))
    return found


def grouped(expression: str) -> set[str]:
    """The labels by which an expression groups."""
    return {label.strip() for labels in _GROUPED.findall(expression) for label in labels.split(",") if label.strip()}
