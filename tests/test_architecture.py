"""Imports go down only, between packages and inside them; each outer library stands behind one
door; no inner function reads a clock.

The parts of the house are read as text, so that what is imported inside a function counts too.
"""

import ast
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent
BELOW: dict[str, set[str]] = {
    "errors": set(),
    "theatres": {"errors"},
    "streams": {"errors", "theatres"},
    "features": {"errors", "theatres", "streams"},
    "models": {"errors", "theatres", "streams", "features"},
    "publish": {"errors", "theatres", "streams"},
    "flows": {"errors", "theatres", "streams", "features", "models", "publish"},
    "commands": {"errors", "theatres", "streams", "models", "publish", "flows", "commands"},
    "dyadcast": {"errors", "commands"},
}
ORDER: dict[str, tuple[str, ...]] = {
    "streams": ("events", "formats", "net", "places", "incidents", "store", "sources"),
    "features": ("", "monthly", "weekly"),
    "models": (
        *("numerics", "problems", "learners", "combining", "recipes", ""),
        *("judging", "forecasting", "tracking"),
    ),
    "publish": ("contract", "archive", "files", "text", "page", "alerting", "api"),
    "flows": ("pipeline", ""),
}
"""The folders of each package, the lowest first; what stands in none is the folder ""."""
SQL = ("streams/", "publish/archive/", "publish/alerting/", "publish/api/state.py")
DOORS = {
    "prefect": ("flows/",),
    "mlflow": ("models/tracking/",),
    "sqlalchemy": SQL,
    "psycopg": ("streams/",),
    "sqlite3": ("streams/",),
    "fastapi": ("publish/api/",),
    "altair": ("publish/page/charts.py",),
}
CLOCKS = {
    "date.today",
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
    "Timestamp.now",
    "Timestamp.today",
    "Timestamp.utcnow",
}
INNER = ("errors", "theatres", "streams", "features", "models", "publish")


def sources(part: str) -> list[Path]:
    """The files of one part of the house."""
    file = HOUSE / f"{part}.py"
    return [file] if file.exists() else sorted((HOUSE / part).rglob("*.py"))


def imported(tree: ast.AST) -> set[str]:
    """The top-level packages that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole module"
            found.add(str(node.module).split(".")[0])
    return found


def clock_readings(tree: ast.AST) -> set[str]:
    """The calls, and the functions passed on, that would tell the present time."""
    names = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    said = {".".join(name.split(".")[-2:]) for name in names}
    said |= {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "time"
        for alias in node.names
    }
    return said & CLOCKS


FILES = [
    pytest.param(part, path, id=str(path.relative_to(HOUSE)))
    for part in BELOW
    for path in sources(part)
]


def read(path: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def test_every_part_of_the_house_is_looked_at() -> None:
    packages = {path.parent.name for path in HOUSE.glob("*/__init__.py")}
    modules = {path.stem for path in HOUSE.glob("*.py")}

    assert (packages | modules) - {"benchmarks", "tests"} == set(BELOW)
    assert all(sources(part) for part in BELOW)


@pytest.mark.parametrize(("part", "path"), FILES)
def test_file_imports_what_lies_below_alone(part: str, path: Path) -> None:
    above = set(BELOW) - BELOW[part] - {part}

    assert imported(read(path)) & above == set()


@pytest.mark.parametrize(("part", "path"), FILES)
def test_file_opens_no_door_but_its_own(part: str, path: Path) -> None:
    place = path.relative_to(HOUSE).as_posix()
    closed = {name for name, doors in DOORS.items() if not place.startswith(doors)}

    assert imported(read(path)) & closed == set()


@pytest.mark.parametrize(("part", "path"), [param for param in FILES if param.values[0] in INNER])
def test_file_below_the_flows_reads_no_clock(part: str, path: Path) -> None:
    assert clock_readings(read(path)) == set()


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import datetime\ndatetime.now(UTC)",
        "import datetime\ndatetime.date.today()",
        "import time\nf = time.time",
        "from time import time\ntime()",
        "import pandas as pd\npd.Timestamp.now()",
    ],
)
def test_clock_is_found_however_it_is_read(text: str) -> None:
    assert clock_readings(ast.parse(text))


def test_import_inside_a_function_is_found() -> None:
    text = "def f():\n    from mlflow.tracking import MlflowClient"

    assert imported(ast.parse(text)) == {"mlflow"}


def modules() -> dict[str, Path]:
    """Every module of the house by its dotted name."""
    paths = [path for part in BELOW for path in sources(part)]
    dotted = {".".join(path.relative_to(HOUSE).with_suffix("").parts): path for path in paths}
    return {name.removesuffix(".__init__"): path for name, path in dotted.items()}


def imported_modules(tree: ast.AST, known: Collection[str]) -> set[str]:
    """The known modules that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inner = {f"{node.module}.{alias.name}" for alias in node.names} & set(known)
            names |= inner or {str(node.module)}
    return names & set(known)


def circle(graph: Mapping[str, Collection[str]]) -> list[str]:
    """The nodes that lie on a circle or between two, none where there is no circle."""
    left = {node: set(others) - {node} for node, others in graph.items()}
    while free := {node for node, others in left.items() if not others & left.keys()}:
        left = {node: others for node, others in left.items() if node not in free}
    return sorted(left)


MODULES = modules()
GRAPH = {name: imported_modules(read(path), MODULES) for name, path in MODULES.items()}


def folder(module: str) -> str:
    """The folder inside its package, "" for a file of the package itself."""
    return (*MODULES[module].relative_to(HOUSE).parts[1:-1], "")[0]


def test_order_names_every_folder_of_a_package() -> None:
    found = {
        package: {folder(name) for name in MODULES if name.startswith(f"{package}.")}
        for package in BELOW
    }
    assert {name: folders for name, folders in found.items() if folders - {""}} == {
        package: set(folders) for package, folders in ORDER.items()
    }


def test_imports_go_down_inside_a_package() -> None:
    assert [
        f"{name} imports {other}"
        for name, others in GRAPH.items()
        for other in others
        if (package := name.partition(".")[0]) in ORDER
        and other.startswith(f"{package}.")
        and name != package
        and ORDER[package].index(folder(other)) > ORDER[package].index(folder(name))
    ] == []


def test_files_form_no_circle() -> None:
    assert circle(GRAPH) == []


def test_folders_form_no_circle() -> None:
    folders: dict[str, set[str]] = defaultdict(set)
    place = {name: name.rpartition(".")[0] or name for name in MODULES}
    for name, others in GRAPH.items():
        folders[place[name]] |= {place[other] for other in others}

    assert circle(folders) == []


def test_product_imports_neither_benchmarks_nor_tests() -> None:
    helpers = {path.stem for path in (HOUSE / "tests").glob("*.py")} - set(BELOW)
    outside = {"benchmarks", "tests"} | helpers

    assert {
        name: names for name, path in MODULES.items() if (names := imported(read(path)) & outside)
    } == {}


def test_circle_is_seen() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": set()}) == list("abcd")
    assert circle({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    known = {"streams.store", "streams.store.views"}
    both = ast.parse("from streams.store import views\nfrom streams.store import Store")
    assert imported_modules(both, known) == known
