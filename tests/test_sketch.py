"""The border as a small map."""

from itertools import combinations
from math import hypot

from publish.page.sketch import WIDTH, sketch_of
from theatres import load_theatre


def test_sketch_has_the_segments_in_order_inside_its_frame() -> None:
    theatre = load_theatre("pak_afg")

    sketch = sketch_of(theatre)

    assert tuple(s.name for s in sketch.stretches) == theatre.segment_names
    assert [s.number for s in sketch.stretches] == list(range(1, 10))
    places = [tuple(map(float, p.split(","))) for s in sketch.stretches for p in s.points.split()]
    assert all(0 <= x <= WIDTH and 0 <= y <= sketch.height for x, y in places)
    assert places[0][0] > places[-1][0]  # from the north-east
    assert places[0][1] < places[-1][1]  # to the south-west


def test_numbers_stand_apart() -> None:
    sketch = sketch_of(load_theatre("pak_afg"))

    labels = [s.label for s in sketch.stretches]
    apart = [hypot(x0 - x1, y0 - y1) for (x0, y0), (x1, y1) in combinations(labels, 2)]
    assert min(apart) > 24


def test_crossings_stand_on_their_line() -> None:
    sketch = sketch_of(load_theatre("pak_afg"))

    for stretch in sketch.stretches:
        points = [tuple(map(float, p.split(","))) for p in stretch.points.split()]
        for _, x, y in stretch.crossings:
            assert min(hypot(x - px, y - py) for px, py in points) < 25
