"""A made world with a known truth, and local servers that tell of it as UCDP, ACLED and GDELT do.

Fighting comes in spells: a hidden state of two, by the day. Each source tells a share of what
happens, late in its own way, and now and then what never happened.
"""

import csv
import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qs, urlsplit

import numpy as np

from streams.sources.acled.acled import NEEDED
from streams.sources.gdelt.rows import COLUMNS
from streams.sources.ucdp.columns import PUBLISHED
from streams.sources.ucdp.releases import CANDIDATE_DAY, month_after
from theatres import Theatre

HISTORY: Final = date(2012, 1, 1)
CALM_A_DAY, SPELL_A_DAY = 0.012, 0.3
BEGINS, ENDS = 1 / 60, 1 / 15
"""Chances a day of an event in either state, and of going from one state to the other."""
DETECTION: Final = {"ucdp": 0.8, "acled": 0.9}
FALSE_A_DAY: Final = {"ucdp": 1 / 200, "acled": 1 / 150}
BACKGROUND_A_DAY = 2
"""Other events of one of the states in UCDP's files: a release is never nearly empty."""
REPORTS, NOISE = 20, 3
"""GDELT's reports of an event, and of nothing in a day: means."""
WRONG = 3
"""Events of the wrong release that never happened."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened, or is said to have: the day, the place's name and point, the dead."""

    number: int
    day: date
    place: str
    lat: float
    lon: float
    deaths: int


@dataclass
class World:
    """The truth from HISTORY on, and what of it is told by `now`.

    `outages` gives the days on which each server fails; `lost` names a source that is silent for
    good from a day on. The wrong release is UCDP's first within the replay: three days long it
    holds what never happened.
    """

    theatre: Theatre
    seed: int
    start: date
    days: int
    outages: dict[str, tuple[date, date]] = field(default_factory=dict)
    lost: tuple[str, date] | None = None
    now: datetime = datetime(2012, 1, 1, tzinfo=UTC)
    host: str = ""

    @cached_property
    def spells(self) -> np.ndarray:
        """Whether each day from HISTORY on is one of a spell."""
        rng = np.random.default_rng((self.seed, 0))
        chance, state, states = rng.random(self._length), False, []
        for each in chance:
            state = each < (1 - ENDS if state else BEGINS)
            states.append(state)
        return np.array(states)

    @cached_property
    def truth(self) -> list[Happening]:
        """Everything that happens, by day."""
        rng = np.random.default_rng((self.seed, 1))
        rates = np.where(self.spells, SPELL_A_DAY, CALM_A_DAY)
        at = np.flatnonzero(rng.random(self._length) < rates)
        return [self._happening(rng, i, int(day)) for i, day in enumerate(at)]

    @property
    def _length(self) -> int:
        return (self.start - HISTORY).days + self.days + 100

    def _happening(self, rng: np.random.Generator, number: int, day: int) -> Happening:
        crossings = [each for segment in self.theatre.segments for each in segment.crossings]
        place = crossings[rng.integers(len(crossings))]
        on = HISTORY + timedelta(days=day)
        return Happening(number, on, place.name, place.lat, place.lon, int(rng.geometric(0.2)))

    @cached_property
    def tellings(self) -> dict[str, list[Happening]]:
        """What either source ever tells."""
        return {source: self._told(source) for source in DETECTION}

    def _told(self, source: str) -> list[Happening]:
        """What the source ever tells: its share of the truth, and what never happened."""
        rng = np.random.default_rng((self.seed, 2 if source == "ucdp" else 3))
        seen = [each for each in self.truth if rng.random() < DETECTION[source]]
        at = np.flatnonzero(rng.random(self._length) < FALSE_A_DAY[source])
        return seen + [self._happening(rng, 500_000 + i, int(day)) for i, day in enumerate(at)]

    def chance(self, day: date, horizon: int) -> float:
        """The true probability of an event in the days after that day, its state being known."""
        state = bool(self.spells[(day - HISTORY).days])
        none = np.array([1.0 - state, float(state)])
        for _ in range(horizon):
            none = none @ np.array([[1 - BEGINS, BEGINS], [ENDS, 1 - ENDS]])
            none *= (1 - CALM_A_DAY, 1 - SPELL_A_DAY)
        return 1 - float(none.sum())

    def happened(self, after: date, until: date) -> bool:
        """Whether anything did, `after` left out."""
        return any(after < each.day <= until for each in self.truth)

    def fails(self, source: str) -> bool:
        """Whether the source's server fails today."""
        today = self.now.date()
        first, last = self.outages.get(source, (date.max, date.min))
        gone = self.lost is not None and self.lost[0] == source and today >= self.lost[1]
        return gone or first <= today <= last

    def answer(self, path: str) -> bytes | None:
        """What a server of this world answers: None for what it does not have."""
        if path.startswith("/ucdp/"):
            return self._release(path.removeprefix("/ucdp/"))
        if path.startswith("/gdelt/"):
            return self._gdelt(path.removeprefix("/gdelt/"))
        return self._acled(path)

    def _release(self, name: str) -> bytes | None:
        """A final release, the last year's candidates as one file, this year's month by month."""
        year = self.start.year
        yy = year - 2000
        files = {f"ged/ged{yy - 1}1-csv.zip": (HISTORY, date(year - 2, 12, 31))}
        files[f"candidateged/GEDEvent_v{yy - 1}_01_{yy - 1}_12.csv"] = (
            date(year - 1, 1, 1),
            date(year - 1, 12, 31),
        )
        for month in range(1, 13):
            first = date(year, month, 1)
            last = month_after(first) - timedelta(days=1)
            files[f"candidateged/GEDEvent_v{yy}_0_{month}.csv"] = (first, last)
        first, last = files.get(name, (date.max, date.max))
        if last == date.max or self.now.date() < month_after(last).replace(day=CANDIDATE_DAY):
            return None
        content = self._ged(first, last)
        if not name.endswith(".zip"):
            return content
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            stamp = zipfile.ZipInfo("GEDEvent.csv", (2020, 1, 1, 0, 0, 0))
            archive.writestr(stamp, content, zipfile.ZIP_DEFLATED)
        return packed.getvalue()

    def _ged(self, first: date, last: date) -> bytes:
        one, other = self.theatre.actors
        rows = [_ged_row(each, self.theatre, (one, other)) for each in self.tellings["ucdp"]]
        rng = np.random.default_rng((self.seed, 4))
        quiet = [
            self._happening(rng, 700_000 + i, i // BACKGROUND_A_DAY)
            for i in range(BACKGROUND_A_DAY * self._length)
        ]
        rows += [_ged_row(each, self.theatre, (one, "")) for each in quiet]
        wrong_from = month_after(first).replace(day=CANDIDATE_DAY)
        if first.replace(day=1) == self.wrong_month and (self.now.date() - wrong_from).days < 3:
            lies = [self._happening(rng, 900_000 + i, 0) for i in range(WRONG)]
            days = [first + timedelta(days=3 * i) for i in range(WRONG)]
            rows += [
                {**_ged_row(lie, self.theatre, (one, other)), **dict.fromkeys(DAYS, str(day))}
                for lie, day in zip(lies, days, strict=True)
            ]
        text = io.StringIO()
        writer = csv.DictWriter(text, PUBLISHED, lineterminator="\n")
        writer.writeheader()
        writer.writerows(row for row in rows if str(first) <= row["date_end"] <= str(last))
        return text.getvalue().encode()

    @property
    def wrong_month(self) -> date:
        """The month of the wrong release: that of the day before the replay."""
        return (self.start - timedelta(days=1)).replace(day=1)

    def _acled(self, path: str) -> bytes | None:
        parts = urlsplit(path)
        if parts.path == "/oauth/token":
            return b'{"access_token": "made"}'
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/api/deleted/read":
            return json.dumps({"data": []}).encode()
        if parts.path != "/api/acled/read":
            return None
        rows = [_acled_row(each, self.theatre) for each in self.tellings["acled"]]
        known = self.now.timestamp()
        rows = [each for each in rows if int(each["timestamp"]) <= known]
        rows = [each for each in rows if each["iso"] == asked["iso"]]
        if "timestamp" in asked:
            rows = [each for each in rows if int(each["timestamp"]) >= int(asked["timestamp"])]
        else:
            low, high = asked["event_date"].split("|")
            rows = [each for each in rows if low <= each["event_date"] <= high]
        start = int(asked["limit"]) * (int(asked["page"]) - 1)
        return json.dumps({"data": rows[start : start + int(asked["limit"])]}).encode()

    def _gdelt(self, name: str) -> bytes | None:
        if name not in ("lastupdate.txt", "masterfilelist.txt"):
            return self._export(datetime.strptime(name[:14], "%Y%m%d%H%M%S"))  # noqa: DTZ007
        last = self.now.replace(tzinfo=None, minute=0, second=0)
        first = datetime.combine(self.start - timedelta(days=2), datetime.min.time())
        if name == "lastupdate.txt":
            first = last
        count = int((last - first) / timedelta(minutes=15)) + 1
        times = [first + timedelta(minutes=15 * i) for i in range(count)]
        return b"".join(self._line(each) for each in times)

    def _line(self, moment: datetime) -> bytes:
        content = self._export(moment)
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        name = f"{moment:%Y%m%d%H%M%S}.export.CSV.zip"
        return f"{len(content)} {digest} http://{self.host}/gdelt/{name}\n".encode()

    def _export(self, moment: datetime) -> bytes:
        """A quarter of an hour of reports: of what happened the day before, and of nothing."""
        rng = np.random.default_rng((self.seed, int(moment.timestamp()) // 900))
        before = [each for each in self.truth if each.day == moment.date() - timedelta(days=1)]
        made = before * int(rng.poisson(REPORTS / 96)) if before else []
        made += [
            self._happening(rng, 0, (moment.date() - HISTORY).days - 1)
            for _ in range(rng.poisson(NOISE / 96))
        ]
        lines = [_gdelt_line(each, moment, i, self.theatre) for i, each in enumerate(made)]
        lines = lines or [_gdelt_line(None, moment, 0, self.theatre)]
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            info = zipfile.ZipInfo(f"{moment:%Y%m%d%H%M%S}.export.CSV", (2020, 1, 1, 0, 0, 0))
            archive.writestr(info, "".join(lines), zipfile.ZIP_DEFLATED)
        return packed.getvalue()


DAYS: Final = ("date_start", "date_end")


def _ged_row(each: Happening, theatre: Theatre, sides: tuple[str, str]) -> dict[str, str]:
    one = theatre.codes.states[sides[0]]
    other = theatre.codes.states.get(sides[1])
    names = [f"Government of {sides[0]}", f"Government of {sides[1]}" if other else "TTP"]
    row = dict.fromkeys(PUBLISHED, "")
    row |= {"id": str(1_000_000 + each.number), "code_status": "Clear", "type_of_violence": "1"}
    row |= {"dyad_new_id": "12291" if other else "857", "dyad_name": " - ".join(names)}
    row |= {"side_a": names[0], "side_b": names[1], "number_of_sources": "2"}
    row |= {"where_prec": "1", "where_coordinates": each.place, "event_clarity": "1"}
    row |= {"latitude": str(each.lat), "longitude": str(each.lon), "date_prec": "1"}
    row |= {"country_id": str(one.gleditsch_ward), "gwnoa": str(one.gleditsch_ward)}
    row |= {"gwnob": str(other.gleditsch_ward) if other else "", "deaths_civilians": "0"}
    row |= dict.fromkeys(DAYS, each.day.isoformat())
    return row | dict.fromkeys(("best", "high", "low"), str(each.deaths))


def _acled_row(each: Happening, theatre: Theatre) -> dict[str, str]:
    one, other = theatre.codes.states.values()
    published = each.day + timedelta(days=8 - each.day.isoweekday())  # the next Monday
    moment = datetime.combine(published, datetime.min.time(), UTC)
    row = dict.fromkeys(NEEDED, "")
    row |= {"event_id_cnty": f"MAD{each.number}", "event_date": each.day.isoformat()}
    row |= {"time_precision": "1", "geo_precision": "1", "event_type": "Battles"}
    row |= {"sub_event_type": "Armed clash", "actor1": f"Military Forces of {one.forces}"}
    row |= {"actor2": f"Military Forces of {other.forces}", "location": each.place}
    row |= {"iso": str((one, other)[each.number % 2].iso), "fatalities": str(each.deaths)}
    row |= {"latitude": str(each.lat), "longitude": str(each.lon)}
    return row | {"timestamp": str(int(moment.timestamp()))}


def _gdelt_line(each: Happening | None, moment: datetime, at: int, theatre: Theatre) -> str:
    one, other = theatre.codes.states.values()
    day = each.day if each else moment.date() - timedelta(days=1)
    row = dict.fromkeys(COLUMNS, "")
    row |= {"GLOBALEVENTID": f"{moment:%y%m%d%H%M}{at:03}", "SQLDATE": f"{day:%Y%m%d}"}
    row |= {"Actor1CountryCode": one.cameo if each else "USA", "NumMentions": "5"}
    row |= {"Actor2CountryCode": other.cameo if each else "MEX", "EventCode": "190"}
    row |= {"DATEADDED": f"{moment:%Y%m%d%H%M%S}", "SOURCEURL": f"https://made.example/{at}"}
    if each:
        row |= {"ActionGeo_Type": "4", "ActionGeo_FullName": each.place}
        row |= {"ActionGeo_CountryCode": one.fips}
        row |= {"ActionGeo_Lat": str(each.lat), "ActionGeo_Long": str(each.lon)}
    return "\t".join(row[name] for name in COLUMNS) + "\n"


@contextmanager
def serving(world: World) -> Iterator[str]:
    """The address of a server that answers for all three sources as the world stands."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path
            source = path.split("/")[1] if path.startswith(("/ucdp/", "/gdelt/")) else "acled"
            content = world.answer(path)
            fails = world.fails(source)
            status = 503 if fails else 404 if content is None else 200
            content = b"" if fails or content is None else content
            span = self.headers.get("Range", "")
            if status == 200 and span.startswith("bytes=-"):
                begin = max(0, len(content) - int(span.removeprefix("bytes=-")))
                self.send_response(206)
                self.send_header(
                    "Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}"
                )
                content = content[begin:]
            else:
                self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 (its name)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name)
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        world.host = f"127.0.0.1:{server.server_port}"
        yield world.host
        server.shutdown()
