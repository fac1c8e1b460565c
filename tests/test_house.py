"""The house's limits: how long files and functions may be, how names and docstrings are given.

What is named in an exception here is to be mended, and is then taken off; nothing is added.
"""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent
PRODUCT = ("commands", "theatres", "streams", "features", "models", "publish", "flows")
LINES, FUNCTION_LINES, PARAMETERS, FILES = 350, 50, 7, 20
DIALECT = {"found", "told", "asked", "said"}
Function = ast.FunctionDef | ast.AsyncFunctionDef

NOT_YET = ("models/", "features/", "flows/", "streams/sources/")
"""Where docstrings may still begin with None, and classes bear another's name."""


def product() -> dict[str, str]:
    """The text of each file of the product, by its place."""
    paths = [path for part in PRODUCT for path in sorted((HOUSE / part).rglob("*.py"))]
    paths += [HOUSE / "dyadcast.py", HOUSE / "errors.py"]
    return {path.relative_to(HOUSE).as_posix(): path.read_text(encoding="utf-8") for path in paths}


TEXTS = product()
TREES = {place: ast.parse(text) for place, text in TEXTS.items()}


def functions(tree: ast.AST) -> Iterator[Function]:
    """Every function of a file, methods and inner ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def parameters(function: Function) -> int:
    """How many there are, without self and cls."""
    given = function.args
    names = [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def names(tree: ast.AST) -> Iterator[str]:
    """What the file calls its variables, parameters and functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, Function):
            yield node.name


def starts_with_none(node: ast.AST) -> bool:
    """Whether the docstring says first that nothing comes back."""
    text = ast.get_docstring(node) if isinstance(node, Function | ast.ClassDef) else None
    return bool(re.match("None[;, ]", text or ""))


def test_no_file_is_too_long() -> None:
    assert [place for place, text in TEXTS.items() if text.count("\n") > LINES] == []


def test_no_function_is_too_long() -> None:
    assert [
        f"{place} {each.name}"
        for place, tree in TREES.items()
        for each in functions(tree)
        if (each.end_lineno or 0) - each.lineno >= FUNCTION_LINES
    ] == []


def test_no_function_takes_too_much() -> None:
    assert [
        f"{place} {each.name}"
        for place, tree in TREES.items()
        for each in functions(tree)
        if parameters(each) > PARAMETERS
    ] == []


def test_no_folder_holds_too_many_files() -> None:
    held = Counter(Path(place).parent for place in TEXTS if not place.endswith("__init__.py"))

    assert {folder: count for folder, count in held.items() if count > FILES} == {}


def test_docstrings_say_what_comes_back() -> None:
    assert [
        f"{place} {getattr(node, 'name', '')}"
        for place, tree in TREES.items()
        if not place.startswith(NOT_YET)
        for node in ast.walk(tree)
        if starts_with_none(node)
    ] == []


def test_a_class_s_name_stands_once() -> None:
    places = defaultdict(list)
    for place, tree in TREES.items():
        if not place.startswith(NOT_YET):
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef):
                    places[node.name].append(place)

    assert {name: where for name, where in places.items() if len(where) > 1} == {}


@pytest.mark.parametrize("part", ["publish/", "commands/"])
def test_names_say_what_they_hold(part: str) -> None:
    assert [
        f"{place} {name}"
        for place, tree in TREES.items()
        if place.startswith(part)
        for name in names(tree)
        if name.strip("_") in DIALECT
    ] == []


def test_nothing_is_left_for_later() -> None:
    left = re.compile(r"\b(TODO|FIXME|raise NotImplementedError)\b")

    assert [place for place, text in TEXTS.items() if left.search(text)] == []


def test_limits_are_seen() -> None:
    function = ast.parse("def f(self, a, b, /, c, *, d, e): 'None; x'").body[0]
    assert isinstance(function, Function)
    assert parameters(function) == 5
    assert starts_with_none(function)
    assert not starts_with_none(ast.parse("def f(): 'Nothing.'").body[0])
    assert {"found", "x", "g"} == set(names(ast.parse("def g(x):\n    found = x")))
