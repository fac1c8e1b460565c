"""A second theatre made from data alone: another pair of states, other codes, another border."""

import re
import shutil
from datetime import date, timedelta
from pathlib import Path

from chronicles import make_csv
from jobs import PAK_AFG

SECOND = "arm_aze"
SEGMENTS = """[[segments]]
name = "tavush"
sides = { ARM = "Tavush", AZE = "Qazakh" }
crossings = [{ name = "Ijevan", lat = 41.15, lon = 45.30 }]

[[segments]]
name = "syunik"
sides = { ARM = "Syunik", AZE = "Zangilan" }
crossings = [{ name = "Goris", lat = 39.50, lon = 46.40, aliases = ["Lachin"] }]
"""
SIDES = """[sides.ARM]
name = "Armenia"
lat = 40.2
lon = 44.5

[sides.AZE]
name = "Azerbaijan"
lat = 40.5
lon = 47.5

"""
CODES = """[states.ARM]
gleditsch_ward = 371
iso = 51
cameo = "ARM"
fips = "AM"
forces = "Armenia"
acled_since = 2018

[states.AZE]
gleditsch_ward = 373
iso = 31
cameo = "AZE"
fips = "AJ"
forces = "Azerbaijan"
acled_since = 2018

[ucdp_states]
365 = "RUS"
"""
BORDER = """segment,lat,lon
tavush,41.30,45.00
tavush,41.15,45.30
tavush,40.90,45.60
syunik,39.90,46.00
syunik,39.50,46.40
syunik,39.20,46.50
"""
PLACES = "name,segment,area\nIjevan,tavush,place\nGoris,syunik,place\nYerevan,interior-arm,place\n"
COVERED = date(2017, 1, 1), date(2026, 3, 31)
CHANGES = (
    ('name = "pak_afg"', f'name = "{SECOND}"'),
    ("Pakistan–Afghanistan", "Armenia–Azerbaijan"),
    ("Pakistan and Afghanistan", "Armenia and Azerbaijan"),
    (r'\["PAK", "AFG"\]', '["ARM", "AZE"]'),
    (r"\[sides\.PAK\][^[]*\[sides\.AFG\][^[#]*", SIDES),
    ("PAK = 770, AFG = 700", "ARM = 371, AZE = 373"),
    ("dyad = 12291", "dyad = 818"),
    (r"meridian = 67\.0", "meridian = 46.0"),
    (r"units = \[\n[^\]]*\]", 'units = ["tavush", "syunik"]'),
    (r"(?ms)^\[targets\.severe\].*?(?=^\[)", ""),
    (r"(?ms)^\[targets\.closure\].*?(?=^\[|^#)", ""),
    (r"(?ms)^\[words\.(severe|closure)\].*?(?=^\[|^#)", ""),
    (r'also = \["severe"\]', ""),
    (r'\["clash", "closure"\]', '["clash"]'),
    (r'(?ms)^\[\[alerts\]\]\nname = "severe-likely".*?(?=^\[)', ""),
    (r"\[7, 14, 30, 90\]", "[7, 30]"),
    ("(?<!_)clash", "raid"),
)


def make_second(folder: Path) -> Path:
    """The folder of the second theatre, made as docs/theatre.md says: the first one's, changed."""
    made = shutil.copytree(PAK_AFG, folder / SECOND)
    text = (made / "theatre.toml").read_text(encoding="utf-8")
    text = text[: text.index("[[segments]]")] + SEGMENTS
    for old, new in CHANGES:
        assert re.search(old, text), f"the theatre's file has changed: {old}"
        text = re.sub(old, new, text)
    start, end = COVERED
    coverage = f'source,start,end,note\nchronicle,{start},{end},"made up"\n'
    for part, content in (
        ("theatre.toml", text),
        ("codes.toml", CODES),
        ("border.csv", BORDER),
        ("places.csv", PLACES),
        ("coverage.csv", coverage),
    ):
        (made / part).write_text(content, encoding="utf-8")
    (made / "chronicle.csv").write_bytes(make_csv(*rows()))
    return made


def rows() -> list[dict[str, str]]:
    """Made-up events: raids in spells, talks, and a crossing closed now and then."""
    told = []
    for number in range(170):
        day = COVERED[0] + timedelta(days=20 * number + (number * 7) % 13)
        kind = ("border_clash", "border_clash", "talks_held", "crossing_closed")[number % 4]
        told.append(
            {
                "occurred_on": day.isoformat(),
                "known_on": (day + timedelta(days=1)).isoformat(),
                "type": kind,
                "actor": ("ARM", "AZE")[number % 2],
                "target": ("AZE", "ARM")[number % 2],
                "place": ("Ijevan", "Goris")[number % 2],
                "segment": ("tavush", "syunik")[number % 2],
                "lat": "",
                "lon": "",
            }
        )
    return [row for row in told if row["occurred_on"] <= COVERED[1].isoformat()]
