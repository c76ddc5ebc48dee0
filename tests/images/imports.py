"""What the code of a stage imports, and which packages provide it: read from the source, nothing is imported."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import files, packages_distributions
from pathlib import Path

from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]


def sources(package: str) -> list[Path]:
    """The modules of `components/<package>` that run in its image: all but the description for KFP."""
    return sorted(path for path in (ROOT / "components" / package).rglob("*.py") if path.name != "component.py")


@cache
def imported(source: Path) -> frozenset[str]:
    """Dotted names that a file imports anywhere, `if TYPE_CHECKING:` excepted; `from a import b` counts as a.b."""
    return frozenset(_names(ast.parse(source.read_text(encoding="utf-8"))))


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        return
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute throughout"
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    for child in ast.iter_child_nodes(node):
        yield from _names(child)


def reachable(package: str) -> set[Path]:
    """The modules of a stage, and the modules of `components/common` that they import, one through another."""
    found: set[Path] = set()
    waiting = sources(package)
    while waiting:
        source = waiting.pop()
        if source not in found:
            found.add(source)
            waiting += [path for name in imported(source) if (path := _common_module(name))]
    return found


def _common_module(name: str) -> Path | None:
    parts = name.split(".")
    if parts[:2] != ["components", "common"] or len(parts) < 3:
        return None
    path = ROOT / "components" / "common" / f"{parts[2]}.py"
    assert path.is_file(), f"{name} is imported, and there is no {path}"
    return path


def third_party(package: str) -> set[str]:
    """Dotted names, of neither this project nor the standard library, that a stage imports."""
    names = {name for source in reachable(package) for name in imported(source)}
    return {name for name in names if name.partition(".")[0] not in {"components", *sys.stdlib_module_names}}


@cache
def providers(name: str) -> frozenset[str]:
    """The installed distributions that hold a module; of a namespace (google), those that hold the most of its name."""
    parts = name.split(".")
    candidates = frozenset(_distributions().get(parts[0], ()))
    for length in range(len(parts), 0, -1):
        stem = "/".join(parts[:length])
        if holders := {one for one in candidates if _holds(one, stem)}:
            return frozenset(map(canonicalize_name, holders))
    return frozenset(map(canonicalize_name, candidates))


_distributions = cache(packages_distributions)


def _holds(distribution: str, stem: str) -> bool:
    return not _files(distribution).isdisjoint({f"{stem}.py", f"{stem}/__init__.py"})


@cache
def _files(distribution: str) -> frozenset[str]:
    return frozenset(path.as_posix() for path in files(distribution) or ())
