"""No code knows a pair of states: what only one theatre has stands in its folder.

Comments and docstrings may give examples; names, texts, templates and scripts may not.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

HOUSE = Path(__file__).parent.parent
OWN = re.compile(
    r"\b(pak|afg)\b|durand|pak_afg|pakistan|afghan|(?<!border_)(?<!border )\bclash", re.IGNORECASE
)
ROOMS = ("commands", "features", "flows", "models", "publish", "streams", "theatres")


def code() -> list[Path]:
    """Every file of code that is the project's own, but for tests and benchmarks."""
    kinds = {".py", ".j2", ".js", ".css"}
    paths = [path for room in ROOMS for path in (HOUSE / room).rglob("*") if path.suffix in kinds]
    return [HOUSE / "dyadcast.py", HOUSE / "errors.py", *paths]


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """What the file says by its line: all of a template, a module's names and literals."""
    content = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield from enumerate(content.splitlines(), 1)
        return
    tree = ast.parse(content)
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value
        for name in ("id", "attr", "arg", "name"):
            if isinstance(value := getattr(node, name, None), str):
                yield getattr(node, "lineno", 0), value


def test_code_names_no_pair_of_states() -> None:
    found = [
        f"{path.relative_to(HOUSE)}, line {line}: {text}"
        for path in code()
        for line, text in texts(path)
        if OWN.search(text)
    ]

    assert len(code()) > 100
    assert found == []
