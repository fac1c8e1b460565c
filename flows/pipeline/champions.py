"""The model that forecasts a group: the champion, or one that is trained for it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from flows.pipeline.settings import Settings
from flows.pipeline.vintage import Vintage
from models.forecasting import training
from models.forecasting.training import RiskModel, Training, TrainingError
from models.recipes.contract import METHOD_VERSION, contract
from models.tracking import registry, runs
from models.tracking.registry import Champion
from models.tracking.runs import Logged

Progress = Callable[[int, int], None]
logger = logging.getLogger("dyadcast")


@dataclass(frozen=True)
class Standing:
    """The champion that can forecast, or why a model must be trained."""

    champion: Champion | None
    why_train: str


@dataclass(frozen=True)
class GroupModel:
    """One group of an issue: its data, and the model that answers, or why none can."""

    vintage: Vintage
    champion: Champion | None
    reason: str = ""


def why_not(vintage: Vintage) -> str:
    """The reason why there can be no forecast on that day; empty where there can."""
    if vintage.days_late > vintage.tolerance_days:
        return f"{vintage.late}, more than {vintage.tolerance_days}"
    if vintage.as_of < vintage.earliest:
        return f"too little history before {vintage.earliest}"
    return ""


def standing(settings: Settings, vintage: Vintage, lenient: bool = False) -> Standing:
    """The group's champion where it can make this forecast, or why one must be trained.

    `lenient` takes one that is old, too.
    """
    client = registry.open_registry(settings.tracking_uri, settings.artifacts)
    name = registry.model_name(vintage.theatre.name, vintage.group)
    promise = contract(vintage.theatre, vintage.group)
    champion, reason = registry.champion(client, name, promise)
    if champion is None:
        return Standing(None, reason)
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
    name = registry.model_name(vintage.theatre.name, vintage.group)
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
    current = load(settings, vintage)
    champion = current.champion
    if champion is None:
        logger.info("%s: training: %s", vintage.group, current.why_train)
        champion, _ = learn(settings, vintage, register)
    return GroupModel(vintage, champion)
