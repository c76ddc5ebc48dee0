"""A pipeline's function with parameters that are known only when it is built."""

import inspect

import pytest

from components.plan.signatures import with_parameters


def greet(name: str, greeting: str = "Hello", **more: str) -> str:
    """Greet.

    Args:
        name: whom.
        greeting: how.
    """
    return f"{greeting} {name} {sorted(more.items())}"


def parameter(name: str, default: object = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=str)


def test_the_function_takes_the_further_parameters_by_their_place() -> None:
    function = with_parameters(greet, [parameter("mark", "!")], {})
    assert str(inspect.signature(function)) == "(name: str, greeting: str = 'Hello', mark: str = '!') -> str"
    assert function("Ann", "Hi", "?") == "Hi Ann [('mark', '?')]"


def test_those_without_a_default_come_first() -> None:
    function = with_parameters(greet, [parameter("place")], {})
    assert list(inspect.signature(function).parameters) == ["name", "place", "greeting"]
    assert function("Ann", "Rome", "Hi") == "Hi Ann [('place', 'Rome')]"


def test_its_docstring_describes_them() -> None:
    function = with_parameters(greet, [parameter("mark", "!")], {"mark": "at the end."})
    assert inspect.getdoc(function) == "Greet.\n\nArgs:\n    name: whom.\n    greeting: how.\n    mark: at the end."


def test_a_further_parameter_of_a_name_that_there_is_is_refused() -> None:
    with pytest.raises(ValueError, match="duplicate parameter name: 'greeting'"):
        with_parameters(greet, [parameter("greeting", "!")], {})
