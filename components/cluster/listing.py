"""Lists of the server, page by page."""

import json
from collections.abc import Callable, Iterator
from typing import Any

_PAGE = 100


def everything(page: Callable[..., Any], items: str, **query: Any) -> Iterator[Any]:
    """All of a list.

    Args:
        page: one of the client's `list_...`.
        items: the answer's field that holds them.
        **query: what the list is narrowed by.
    """
    token = ""
    while True:
        answer = page(page_token=token, page_size=_PAGE, **query)
        yield from getattr(answer, items) or []
        token = answer.next_page_token
        if not token:
            return


def all_named(page: Callable[..., Any], items: str, name: str, **query: Any) -> Iterator[Any]:
    """What in a list has exactly this name; the server itself may not tell capitals from small letters."""
    wanted = json.dumps({"predicates": [{"operation": "EQUALS", "key": "display_name", "stringValue": name}]})
    return (one for one in everything(page, items, filter=wanted, **query) if one.display_name == name)
