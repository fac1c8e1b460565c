"""The border line between the theatre's actors: a point to its nearest stretch, and how far."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely

from theatres import ABROAD, Theatre

EARTH_KM = 6371.0088
"""The Earth's mean radius (IUGG)."""

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.str_]


class Border:
    """The border line, cut into the theatre's segments.

    `meridian` is where the plane of distances is upright; `interiors` says what stands for a
    segment beyond the belt, by country.
    """

    def __init__(
        self,
        stretches: Mapping[str, Floats],
        belt_km: float,
        interiors: Mapping[str, str],
        meridian: float,
    ) -> None:
        self.names = np.array(list(stretches))
        self.belt_km = belt_km
        self.interiors = interiors
        points = np.concatenate(list(stretches.values()))
        (low, west), (high, east) = points.min(axis=0), points.max(axis=0)
        far = np.degrees(belt_km / EARTH_KM)
        # Meridians lie closer towards the pole.
        wide = 1.1 * far / np.cos(np.radians(high + far))
        self._box = (low - 1.1 * far, west - wide, high + 1.1 * far, east + wide)
        self._plane = _conic((5 * low + high) / 6, (low + 5 * high) / 6, meridian)
        lines = [shapely.LineString(self._plane(*line.T)) for line in stretches.values()]
        self._owner = np.repeat(np.arange(len(lines)), [len(line.coords) - 1 for line in lines])
        self._pieces = shapely.STRtree(
            [shapely.LineString(ends) for line in lines for ends in pairwise(line.coords)]
        )

    def locate(self, lat: Floats, lon: Floats, country: Sequence[str]) -> tuple[Texts, Floats]:
        """The segment of each point, and its distance from the border line in kilometres.

        The segment of the nearest stretch within the theatre's belt; beyond it `interior-...`
        for an actor's country, `abroad` for another, nothing where the country is not known.
        Nothing and NaN where there is no point.
        """
        lat, lon = np.asarray(lat, float), np.asarray(lon, float)
        segments = np.array([self.inland(code) for code in country], dtype="U40")
        km = np.full(len(lat), np.nan)
        given = np.isfinite(lat) & np.isfinite(lon)
        segments[~given] = ""
        # Events share places: each place is looked up once.
        places, back = np.unique(lat[given] + 1j * lon[given], return_inverse=True)
        points = shapely.points(self._plane(places.real, places.imag))
        (_, piece), apart = self._pieces.query_nearest(
            points, return_distance=True, all_matches=False
        )
        # Far from the line the cone is no measure: farther than half the way round is nothing.
        apart = np.minimum(apart, np.pi * EARTH_KM)
        km[given] = apart[back]
        near = np.flatnonzero(given)[apart[back] <= self.belt_km]
        segments[near] = self.names[self._owner[piece[back]]][apart[back] <= self.belt_km]
        return segments, km

    def is_near(self, lat: Floats, lon: Floats) -> Bools:
        """Which points lie in the box around the belt: no other can be within it."""
        south, west, north, east = self._box
        inside: Bools = (south <= lat) & (lat <= north) & (west <= lon) & (lon <= east)
        return inside

    def inland(self, code: str) -> str:
        """What stands for a segment beyond the belt, in that country."""
        return self.interiors.get(code, ABROAD if code else "")


def _conic(south: float, north: float, meridian: float) -> Callable[[Floats, Floats], Floats]:
    """From degrees to kilometres, true on both parallels and nearly so around them.

    Lambert's conformal conic projection of the sphere with two standard parallels (Snyder 1987,
    Map Projections: A Working Manual, p. 106, equations 15-1 to 15-5).
    """
    first, second = np.radians([south, north])

    def half(phi: Floats | float) -> Floats:
        # A pole has no finite place on the cone.
        return np.tan(np.pi / 4 + np.clip(phi, -1.57, 1.57) / 2)

    n = np.log(np.cos(first) / np.cos(second)) / np.log(half(second) / half(first))
    reach = EARTH_KM * np.cos(first) * half(first) ** n / n

    def plane(lat: Floats, lon: Floats) -> Floats:
        rho = reach / half(np.radians(lat)) ** n
        theta = n * np.radians(lon - meridian)
        return np.column_stack([rho * np.sin(theta), -rho * np.cos(theta)])

    return plane


def line_of(theatre: Theatre) -> dict[str, Floats]:
    """The border line of the theatre: of each segment, in order, its points (lat, lon), degrees."""
    return {name: np.array(points) for name, points in theatre.border.items()}


def border_of(theatre: Theatre) -> Border:
    """The border of the theatre."""
    return Border(line_of(theatre), theatre.belt_km, theatre.inland, theatre.meridian)
