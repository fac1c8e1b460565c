"""Rolling origins: at each, everything is learnt anew from what was known then."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone

from features.arrays import Floats, Ints
from models.combining.combine import ordered
from models.learners.design import Learner
from models.numerics.distribution import rising
from models.problems.problem import Problem, Record, Rows
from models.problems.sampling import sample
from models.recipes.recipe import Recipe

CHUNKS = 6
"""A walk is cut into so many pieces a problem, for the processes to share."""

Progress = Callable[[int, int], None]
"""Told how many pieces are done, of how many."""
Fits = dict[str, Learner]


@dataclass(frozen=True)
class Piece:
    """Part of a walk: a problem (of one horizon, unless all are fitted together) and its refits."""

    of: int
    problem: Problem
    horizon: int | None
    starts: tuple[int, ...]
    end: int


def fit_at(
    problem: Problem,
    recipe: Recipe,
    day: int,
    seed: int,
    only: Sequence[str] | None = None,
) -> Fits:
    """The members by name, each fitted on windows closed by that day, with what was known then.

    The problem has one horizon, unless the recipe fits all together. `only` names some members.
    """
    (how,) = {recipe.sampling(horizon) for horizon in problem.horizons}
    lessons = sample(problem, day, how)
    members = recipe.members(problem, seed)
    chosen = members if only is None else {name: members[name] for name in only}
    return {name: clone(member).fit(lessons) for name, member in chosen.items()}


def answers(fits: Fits, rows: Rows, distribution: str | None) -> tuple[Floats, Floats | None]:
    """What the fitted members say: P(size >= threshold), (member, row, horizon, threshold), and
    what the member named `distribution` says at all its rungs, (row, horizon, rung)."""
    p, ladder = [], None
    for name, member in fits.items():
        whole = member.predict(rows)
        if name == distribution:
            ladder = whole
        at = [list(member.thresholds).index(k) for k in rows.thresholds]
        p.append(whole[:, :, at])
    return np.stack(p), ladder


def _walk_piece(piece: Piece, recipe: Recipe, seed: int) -> tuple[Floats, Floats | None]:
    """Forecasts from each start to the next refit: p (model, threshold, unit, horizon, origin), and
    the distribution (rung, unit, horizon, origin)."""
    problem, first = piece.problem, piece.starts[0]
    fits: Fits = {}
    p, ladder = [], []
    for start, end in zip(piece.starts, [*piece.starts[1:], piece.end], strict=True):
        members = recipe.members(problem, seed)
        due = [n for n in members if (start - first) % recipe.slow.get(n, 1) == 0 or not fits]
        fits |= fit_at(problem, recipe, int(problem.origins[start]), seed, due)
        fits = {name: fits[name] for name in members}
        found, whole = answers(fits, problem.rows(slice(start, end)), recipe.distribution)
        p.append(np.stack([problem.shaped(each) for each in found]))
        if whole is not None:
            ladder.append(problem.shaped(whole))
    return np.concatenate(p, axis=4), np.concatenate(ladder, axis=3) if ladder else None


def _pieces(of: int, problem: Problem, recipe: Recipe, starts: Ints, end: int) -> Iterator[Piece]:
    """The walk of one problem in pieces, each a run of refits whose slow members begin anew."""
    step = max(recipe.slow.values(), default=0)
    first = int(starts[0]) if len(starts) else 0
    whole = [int(s) for s in starts if not step or (int(s) - first) % step == 0]
    asked = [(None, problem)] if recipe.joint else _horizons(problem)
    for part in np.array_split(np.array(whole), min(CHUNKS, len(whole)) or 1):
        if not len(part):
            continue
        after = [s for s in whole if s > part[-1]]
        stop = after[0] if after else end
        run = tuple(int(s) for s in starts if part[0] <= s < stop)
        for horizon, each in asked:
            yield Piece(of, each, horizon, run, stop)


def _horizons(problem: Problem) -> list[tuple[int | None, Problem]]:
    return [(h, problem.only(h)) for h in range(len(problem.horizons))]


def walk(
    asked: Sequence[tuple[Problem, Recipe, Ints]],
    seed: int,
    jobs: int | None = None,
    progress: Progress | None = None,
    until: int | None = None,
) -> list[Record]:
    """Each problem's out-of-sample record, refitted at the places of `starts` among its origins.

    `asked` are problems with their recipes and starts; a record goes from the first start to the
    last origin before the day `until`, or to the last. Every forecast uses what was known by its
    own origin, and members fitted at or before it.
    """
    from joblib import Parallel, delayed

    ends = [
        len(problem.origins) if until is None else int(np.searchsorted(problem.origins, until))
        for problem, _, _ in asked
    ]
    pieces = [
        piece
        for i, ((problem, recipe, starts), end) in enumerate(zip(asked, ends, strict=True))
        for piece in _pieces(i, problem, recipe, starts, end)
    ]
    run = Parallel(n_jobs=jobs or os.cpu_count(), return_as="generator")
    work = run(delayed(_walk_piece)(piece, asked[piece.of][1], seed) for piece in pieces)
    results = []
    for result in work:
        results.append(result)
        if progress:
            progress(len(results), len(pieces))
    return [
        _record(each, ends[i], [(p, r) for p, r in zip(pieces, results, strict=True) if p.of == i])
        for i, each in enumerate(asked)
    ]


def _record(
    asked: tuple[Problem, Recipe, Ints],
    end: int,
    parts: list[tuple[Piece, tuple[Floats, Floats | None]]],
) -> Record:
    """The pieces put together, with the rates beside the members, each in order."""
    problem, recipe, starts = asked
    begin = int(starts[0]) if len(starts) else end
    count = (len(problem.units), len(problem.horizons), end - begin)
    rates = [name for name in recipe.rates if name not in recipe.pool]
    members = [name for name in recipe.models if name not in rates]
    shape = (len(members), len(problem.thresholds), *count)
    p, ladder = np.full(shape, np.nan), None
    if recipe.distribution is not None:
        ladder = np.full((len(recipe.rungs), *count), np.nan)
    for piece, (found, whole) in parts:
        at = (
            slice(None) if piece.horizon is None else slice(piece.horizon, piece.horizon + 1),
            slice(piece.starts[0] - begin, piece.end - begin),
        )
        p[:, :, :, *at] = found
        if ladder is not None and whole is not None:
            ladder[:, :, *at] = whole
    base = [rate_record(problem, name, slice(begin, end), recipe.nests) for name in rates]
    every = [*base, *(ordered(each, recipe.nests) for each in p)]
    if ladder is not None and recipe.nests:
        ladder = ordered(ladder, nests=True)
    models = np.stack(every) if every else np.empty((0, *shape[1:]))
    return Record(
        problem, (*rates, *members), problem.origins[begin:end], starts - begin, models, ladder
    )


def rate_record(problem: Problem, name: str, span: slice, nests: bool) -> Floats:
    """A base rate at a span of origins: (threshold, unit, horizon, origin)."""
    rate = problem.rates[name][:, problem.forecast, :, span]
    return np.moveaxis(rising(np.moveaxis(rate, 2, -1)), -1, 2) if nests else rate
