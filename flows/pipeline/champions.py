"""The model that forecasts a group: the champion, or one that is trained for it."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from features.watching import GAPS
from flows.pipeline.settings import Settings
from flows.pipeline.vintage import Vintage
from models.forecasting import training
from models.forecasting.training import RiskModel, Training, TrainingError
from models.recipes.contract import EVENTS, METHOD_VERSION, contract, groups
from models.tracking import registry, runs
from models.tracking.registry import Champion
from models.tracking.runs import Logged
from theatres import Theatre

Progress = Callable[[int, int], None]
logger = logging.getLogger("dyadcast")


@dataclass(frozen=True)
class Standing:
    """The champion that can forecast, or why a model must be trained."""

    champion: Champion | None
    why_train: str


@dataclass(frozen=True)
class GroupModel:
    """One group of an issue: its data, and the model that answers, or why none can.

    `reports` are by gap the models that answer what was told of the gap.
    """

    vintage: Vintage
    champion: Champion | None
    reason: str = ""
    reports: Mapping[int, Champion] = field(default_factory=dict)

    @property
    def run_id(self) -> str:
        """The run of the model that answers, or of the one that answers reports; else empty."""
        chosen = self.champion or next(iter(self.reports.values()), None)
        return "" if chosen is None else chosen.run_id

    def model_of(self, vintage: Vintage) -> RiskModel | None:
        """The model that answers the vintage, or what was told of its gap."""
        chosen = self.champion if vintage is self.vintage else self.reports.get(vintage.gap)
        return None if chosen is None else chosen.model


def asked(theatre: Theatre) -> list[tuple[str, int]]:
    """Every group of the theatre's targets, with each gap across which a model may speak."""
    return [
        (group, gap) for group in groups(theatre) for gap in (GAPS if group == EVENTS else GAPS[:1])
    ]


def why_not(vintage: Vintage) -> str:
    """The reason why there can be no forecast on that day; empty where there can."""
    if vintage.silent:
        return vintage.silent
    if vintage.tolerance_days is not None and vintage.days_late > vintage.tolerance_days:
        return f"{vintage.late}, more than {vintage.tolerance_days}"
    if vintage.as_of < vintage.earliest:
        return f"too little history before {vintage.earliest}"
    return ""


def standing(settings: Settings, vintage: Vintage, lenient: bool = False) -> Standing:
    """The group's champion where it can make this forecast, or why one must be trained.

    `lenient` takes one that is old, too.
    """
    client = registry.open_registry(settings.tracking_uri, settings.artifacts)
    name = registry.model_name(vintage.theatre.name, vintage.group, vintage.gap)
    promise = contract(vintage.theatre, vintage.group)
    champion, reason = registry.champion(client, name, promise)
    if champion is None:
        return Standing(None, reason)
    if champion.model.targets != set(vintage.targets):
        answered = ", ".join(sorted(champion.model.targets))
        return Standing(None, f"the champion answers other targets: {answered}")
    age = (vintage.as_of - champion.model.trained_on).days
    if age < 0:
        trained = champion.model.trained_on
        same = registry.trained_on_same(client, name, promise, vintage.fingerprint)
        if same is not None and same.model.trained_on <= vintage.as_of:
            return Standing(same, "")
        return Standing(None, f"the champion was trained as of {trained}, later than as_of")
    if age > vintage.theatre.retrain_after_days and not lenient:
        return Standing(None, f"the champion is {age} days old")
    return Standing(champion, "")


def by_gap(
    settings: Settings, ready: Mapping[int, RiskModel]
) -> Callable[[Vintage], RiskModel | None]:
    """What gives the model that answers a vintage, by its gap: one of those at hand, or else the
    champion that stands, however old; None where there is none."""
    known: dict[int, RiskModel | None] = dict(ready)

    def of(vintage: Vintage) -> RiskModel | None:
        if vintage.gap not in known:
            champion = standing(settings, vintage, lenient=True).champion
            known[vintage.gap] = None if champion is None else champion.model
        return known[vintage.gap]

    return of


def fit(vintage: Vintage, progress: Progress | None = None, jobs: int | None = None) -> Training:
    """The group's model as of the vintage's day, with its rolling-origin record.

    Uses nothing known after as_of. Raises TrainingError where history is too short.
    """
    if vintage.as_of < vintage.earliest:
        raise TrainingError(
            "too little history to learn from",
            found=str(vintage.as_of),
            expected=f"{vintage.earliest} or later",
            do="take a later as_of",
        )
    asked = vintage.learn()
    problems = training.train(asked, vintage.day, jobs=jobs, progress=progress)
    theatre, group = vintage.theatre, vintage.group
    model = RiskModel(
        theatre.name,
        group,
        vintage.as_of.isoformat(),
        contract(theatre, group),
        vintage.fingerprint,
        METHOD_VERSION,
        [each.ensemble for each in problems],
        vintage.gap,
    )
    return Training(model, problems)


def train(
    settings: Settings,
    vintage: Vintage,
    register: bool,
    progress: Progress | None = None,
    because: str = "",
) -> tuple[Champion, Logged]:
    """The model to forecast with, and the logged record of the one that was trained.

    With `register` the gate decides whether the new one is the champion; where it says no, the
    champion stays. `because` is a person's reason to promote it all the same.
    """
    trained = fit(vintage, progress)
    client = registry.open_registry(settings.tracking_uri, settings.artifacts)
    tags = {"theatre": vintage.theatre.name, "use": "champion" if register else "hindcast"}
    name = registry.model_name(vintage.theatre.name, vintage.group, vintage.gap)
    champion, gone = registry.champion(client, name, trained.model.contract)
    logged = runs.log_training(client, trained, settings.artifacts, tags, register, because, gone)
    if champion is not None and logged.decision and not logged.decision.promoted:
        return champion, logged
    return Champion(trained.model, logged.run_id, ""), logged


def ready(
    settings: Settings,
    vintage: Vintage,
    register: bool,
    load: Callable[[Settings, Vintage], Standing] = standing,
    learn: Callable[[Settings, Vintage, bool], tuple[Champion, Logged]] = train,
) -> GroupModel:
    """The group's data with the model that forecasts it, trained where need be.

    `load` and `learn` are the steps by which it comes; a flow passes its tasks.
    """
    if reason := why_not(vintage):
        return GroupModel(vintage, None, reason)
    champion = None
    if not vintage.beyond:
        current = load(settings, vintage)
        champion = current.champion
        if champion is None:
            across = f" across a gap of {vintage.gap} days" if vintage.gap else ""
            logger.info("%s: training%s: %s", vintage.group, across, current.why_train)
            champion, _ = learn(settings, vintage, register)
    reports = {} if champion is None else {vintage.gap: champion}
    for told, _ in vintage.reports:
        if told.gap not in reports:
            part = ready(settings, told, register, load, learn)
            if part.champion is not None:
                reports[told.gap] = part.champion
    return GroupModel(vintage, champion, reports=reports)
