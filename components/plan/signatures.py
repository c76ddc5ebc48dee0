"""Pipelines with parameters that are known only when they are built: KFP reads a function's signature."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def with_parameters(
    function: Callable[..., Any], parameters: Sequence[inspect.Parameter], descriptions: Mapping[str, str]
) -> Callable[..., Any]:
    """A function whose signature has more parameters, in place of its `**`, by which it takes them.

    Args:
        function: with a docstring that ends with its arguments.
        parameters: to add.
        descriptions: of each.
    """
    own = inspect.signature(function)
    named = [one for one in own.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    # Those without a default come first, as Python wants it.
    ordered = sorted([*named, *parameters], key=lambda one: one.default is not inspect.Parameter.empty)
    signature = own.replace(parameters=ordered)

    def called(*arguments: Any) -> Any:
        return function(**signature.bind(*arguments).arguments)

    called.__name__, called.__signature__ = function.__name__, signature  # type: ignore[attr-defined]
    lines = [f"    {name}: {text}" for name, text in descriptions.items()]
    called.__doc__ = "\n".join([inspect.getdoc(function) or "", *lines])
    return called


def parameters_of(pipeline: Any) -> list[inspect.Parameter]:
    """The parameters of a pipeline that KFP has built."""
    return list(inspect.signature(pipeline.pipeline_func).parameters.values())
