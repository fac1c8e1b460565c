"""The manifests that say which issue counts: small JSON files, each complete in itself."""

import json
import re
from dataclasses import dataclass, replace
from datetime import date

from publish.archive.chain import Head
from publish.contract.fields import Fields, parse
from publish.contract.row import ForecastError

ENTRY_FIELDS = ("theatre", "as_of", "issue_id", "status", "path", "files")
LISTED_FIELDS = ("as_of", "issue_id", "status")
INDEX_FIELDS = ("theatre", "latest", "archive", "issues")
HEX_16 = re.compile("[0-9a-f]{16}")
HEX_64 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Mark:
    """A published file by which a torn one is told: its name, its bytes and their SHA-256."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Entry:
    """The issue that counts for one as_of, with its files."""

    theatre: str
    as_of: date
    issue_id: str
    status: str
    files: tuple[Mark, ...]

    @property
    def path(self) -> str:
        """The issue's folder, from the theatre's folder."""
        return f"{self.as_of}/{self.issue_id}"


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a theatre's list: an as_of and the issue that counts for it."""

    as_of: date
    issue_id: str
    status: str


@dataclass(frozen=True, slots=True)
class Index:
    """A theatre's manifest: the latest issue, the archive's head when it was made, every as_of."""

    theatre: str
    latest: Entry | None = None
    head: Head | None = None
    issues: tuple[Listed, ...] = ()

    def with_entry(self, entry: Entry) -> "Index":
        """The index in which that issue counts for its as_of, and `latest` is chosen anew."""
        listed = Listed(entry.as_of, entry.issue_id, entry.status)
        others = [issue for issue in self.issues if issue.as_of != entry.as_of]
        issues = tuple(sorted([*others, listed], key=lambda issue: issue.as_of))
        latest = self.latest
        if entry.status != "hindcast" and (latest is None or latest.as_of <= entry.as_of):
            latest = entry
        return replace(self, latest=latest, issues=issues)

    def with_head(self, head: Head | None) -> "Index":
        """The index with the longer of both heads: a head once published is never taken back."""
        if head is None or (self.head is not None and head.position <= self.head.position):
            return self
        return replace(self, head=head)


def entry_text(entry: Entry) -> str:
    """The text of an as_of's manifest."""
    return json.dumps(_entry_object(entry), ensure_ascii=False, indent=1) + "\n"


def index_text(index: Index) -> str:
    """The text of a theatre's manifest."""
    latest, head = index.latest, index.head
    value = {
        "theatre": index.theatre,
        "latest": None if latest is None else _entry_object(latest),
        "archive": None if head is None else {"position": head.position, "hash": head.hash},
        "issues": [
            {"as_of": i.as_of.isoformat(), "issue_id": i.issue_id, "status": i.status}
            for i in index.issues
        ],
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def read_entry(text: str) -> Entry:
    """The Entry of an as_of's manifest; raises ForecastError where the text is not one."""
    return _entry(parse(text, "manifest"), "manifest")


def read_index(text: str) -> Index:
    """The Index of a theatre's manifest; raises ForecastError where the text is not one."""
    fields = Fields(parse(text, "manifest"), INDEX_FIELDS, "manifest")
    latest, head = fields.value("latest"), fields.value("archive")
    return Index(
        theatre=fields.text("theatre"),
        latest=None if latest is None else _entry(latest, "latest"),
        head=None if head is None else _head(head),
        issues=tuple(_listed(value) for value in fields.array("issues")),
    )


def _entry_object(entry: Entry) -> dict[str, object]:
    return {
        "theatre": entry.theatre,
        "as_of": entry.as_of.isoformat(),
        "issue_id": entry.issue_id,
        "status": entry.status,
        "path": entry.path,
        "files": {m.name: {"bytes": m.bytes, "sha256": m.sha256} for m in entry.files},
    }


def _entry(value: object, where: str) -> Entry:
    fields = Fields(value, ENTRY_FIELDS, where)
    files = fields.inner("files")
    return Entry(
        theatre=fields.text("theatre"),
        as_of=fields.day("as_of"),
        issue_id=_hex(fields.text("issue_id"), HEX_16, where),
        status=fields.text("status"),
        files=tuple(_mark(name, files.value(name)) for name in files.names),
    )


def _mark(name: str, value: object) -> Mark:
    fields = Fields(value, ("bytes", "sha256"), f"file {name}")
    return Mark(name, fields.whole("bytes"), _hex(fields.text("sha256"), HEX_64, f"file {name}"))


def _head(value: object) -> Head:
    fields = Fields(value, ("position", "hash"), "archive")
    return Head(fields.whole("position"), _hex(fields.text("hash"), HEX_64, "archive"))


def _listed(value: object) -> Listed:
    fields = Fields(value, LISTED_FIELDS, "issues")
    issue_id = _hex(fields.text("issue_id"), HEX_16, "issues")
    return Listed(fields.day("as_of"), issue_id, fields.text("status"))


def _hex(text: str, pattern: re.Pattern[str], where: str) -> str:
    if not pattern.fullmatch(text):
        raise ForecastError("not a hash", where=where, found=text, expected=pattern.pattern)
    return text
