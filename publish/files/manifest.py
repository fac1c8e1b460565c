"""The manifests that say which issue counts: small JSON files, each complete in itself."""

import json
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Final

from publish.archive.chain import Head
from publish.contract.columns import Column, Meaning, columns, read, written
from publish.contract.values import parse

ID: Final = Meaning("the issue's id", "5d41402abc4b2a76", kind="id")
HASH: Final = Meaning("a SHA-256", "9f86d081", kind="hash")


WHOLE: Final = ("ok", "stale")
"""The statuses of an issue made at its time that gives its theatre's headline."""


@dataclass(frozen=True, slots=True)
class FileMark:
    """A published file by which a torn one is told: its name, its bytes and their SHA-256."""

    name: str
    bytes: int
    sha256: Annotated[str, HASH]


@dataclass(frozen=True, slots=True)
class IssueEntry:
    """The issue that counts for one as_of, with its files."""

    theatre: str
    as_of: date
    issue_id: str
    status: str
    files: tuple[FileMark, ...]

    def counts_before(self, other: "IssueEntry | None") -> bool:
        """Whether it is the latest rather than the other: no hindcast is, one with its headline is
        before one without, and of two alike the one of the newer as_of."""
        if self.status == "hindcast":
            return False
        if other is None:
            return True
        mine, theirs = self.status in WHOLE, other.status in WHOLE
        return mine if mine != theirs else self.as_of >= other.as_of

    @property
    def path(self) -> str:
        """The issue's folder, from the theatre's folder."""
        return f"{self.as_of}/{self.issue_id}"


@dataclass(frozen=True, slots=True)
class ListedIssue:
    """One line of a theatre's list: an as_of and the issue that counts for it."""

    as_of: date
    issue_id: Annotated[str, ID]
    status: str


ENTRY: Final = (
    *(Column("theatre"), Column("as_of", "day"), Column("issue_id", "id"), Column("status")),
    *(Column("path"), Column("files", "object")),
)
INDEX: Final = (
    *(Column("theatre"), Column("latest", "object", nullable=True)),
    *(Column("archive", "object", nullable=True), Column("issues", "list")),
)
LISTED: Final = columns(ListedIssue)
HEAD: Final = (Column("position", "whole"), Column("hash", "hash"))
MARK: Final = columns(FileMark)[1:]


@dataclass(frozen=True, slots=True)
class Index:
    """A theatre's manifest: the latest issue, the archive's head when it was made, every as_of."""

    theatre: str
    latest: IssueEntry | None = None
    head: Head | None = None
    issues: tuple[ListedIssue, ...] = ()

    def with_entry(self, entry: IssueEntry) -> "Index":
        """The index in which that issue counts for its as_of, and `latest` is chosen anew."""
        listed = ListedIssue(entry.as_of, entry.issue_id, entry.status)
        others = [issue for issue in self.issues if issue.as_of != entry.as_of]
        issues = tuple(sorted([*others, listed], key=lambda issue: issue.as_of))
        latest = entry if entry.counts_before(self.latest) else self.latest
        return replace(self, latest=latest, issues=issues)

    def with_head(self, head: Head | None) -> "Index":
        """The index with the longer of both heads: a head once published is never taken back."""
        if head is None or (self.head is not None and head.position <= self.head.position):
            return self
        return replace(self, head=head)


def entry_text(entry: IssueEntry) -> str:
    """The text of an as_of's manifest."""
    return json.dumps(_entry_object(entry), ensure_ascii=False, indent=1) + "\n"


def index_text(index: Index) -> str:
    """The text of a theatre's manifest."""
    latest, head = index.latest, index.head
    value = {
        "theatre": index.theatre,
        "latest": None if latest is None else _entry_object(latest),
        "archive": None if head is None else written(head, HEAD),
        "issues": [written(listed, LISTED) for listed in index.issues],
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def read_entry(text: str) -> IssueEntry:
    """The IssueEntry of an as_of's manifest; raises ForecastError where the text is not one."""
    return _entry(parse(text, "manifest"), "manifest")


def read_index(text: str) -> Index:
    """The Index of a theatre's manifest; raises ForecastError where the text is not one."""
    fields = read(parse(text, "manifest"), INDEX, "manifest")
    latest, head = fields["latest"], fields["archive"]
    return Index(
        theatre=fields["theatre"],
        latest=None if latest is None else _entry(latest, "latest"),
        head=None if head is None else Head(**read(head, HEAD, "archive")),
        issues=tuple(ListedIssue(**read(value, LISTED, "issues")) for value in fields["issues"]),
    )


def _entry_object(entry: IssueEntry) -> dict[str, object]:
    return {
        "theatre": entry.theatre,
        "as_of": entry.as_of.isoformat(),
        "issue_id": entry.issue_id,
        "status": entry.status,
        "path": entry.path,
        "files": {mark.name: written(mark, MARK) for mark in entry.files},
    }


def _entry(value: object, where: str) -> IssueEntry:
    fields = read(value, ENTRY, where)
    del fields["path"]  # it follows from the rest
    files = fields.pop("files").items()
    marks = (FileMark(name, **read(each, MARK, f"file {name}")) for name, each in files)
    return IssueEntry(**fields, files=tuple(marks))
