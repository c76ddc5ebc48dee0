"""Cron expressions as Kubeflow Pipelines takes them: six fields, seconds first.

https://pkg.go.dev/github.com/robfig/cron#hdr-CRON_Expression_Format
"""

import re

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

# Name, lowest and highest value, and the words for them from the lowest on.
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("second", 0, 59, ()),
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
_ENTRY = re.compile(r"(?:[*?]|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?")


def check_cron(expression: str) -> str:
    """Return the expression if the server will understand it.

    Raises:
        ValueError: it has not six fields, or one is none.
    """
    fields = expression.split()
    if len(fields) != len(_FIELDS):
        names = ", ".join(name for name, *_ in _FIELDS)
        raise ValueError(f"{expression!r} has {len(fields)} fields, not six: {names}; such as '0 0 3 * * 0'")
    for text, (name, least, most, words) in zip(fields, _FIELDS, strict=True):
        for entry in text.split(","):
            if not _is_entry(entry, least, most, words):
                raise ValueError(f"{entry!r} is no {name}, which goes from {least} to {most}")
    return expression


def _is_entry(entry: str, least: int, most: int, words: tuple[str, ...]) -> bool:
    found = _ENTRY.fullmatch(entry)
    if not found or found["step"] == "0":
        return False
    ends = [_number(end, least, words) for end in (found["first"], found["last"]) if end]
    return all(least <= end <= most for end in ends) and ends == sorted(ends)


def _number(text: str, least: int, words: tuple[str, ...]) -> int:
    """The value; -1 of what is none."""
    if text.lower() in words:
        return least + words.index(text.lower())
    return int(text) if text.isdecimal() else -1
