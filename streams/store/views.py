"""SQL views for reporting tools, each column with its meaning.

latest_scores   the rows of each theatre's newest issue that is no hindcast
score_history   the rows of the issue that counts for each as_of
scoreboard      each closed row's last outcome beside what was said
"""

import hashlib
import re
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

MEANINGS: Final = {
    "theatre": "the conflict's name",
    "issue_id": "the issue's id",
    "as_of": "the day the forecast is made for: nothing known later is in it",
    "issued_at": "when it was issued, UTC",
    "issue_status": "ok, stale, partial (without its headline), hindcast or no_forecast",
    "hindcast": "whether it was made after the day it is for",
    "unit": "dyad, a segment of the border, or a country",
    "target": "what may come true in the window",
    "horizon_days": "the window's length; it begins the day after as_of",
    "target_end_date": "the window's last day",
    "probability": "that the target comes true, 0 to 1; missing where there is no forecast",
    "probability_low": "the lower end of its 80% band",
    "probability_high": "the upper end of its 80% band",
    "baseline_probability": "the base rate that it is held against",
    "level": "its level by the theatre's table, such as low or high",
    "change": "its change since the issue before, -1 to 1",
    "drivers": "JSON: what moves it off the base rate, in percentage points: the largest first,"
    " they sum to the probability minus the base rate",
    "status": "ok, stale or no_forecast",
    "reason": "why it is stale or missing",
    "drivers_log_odds": "JSON: the drivers in log-odds",
    "change_split": "JSON: the change in parts, in percentage points; they sum to it",
    "quantiles": "JSON: the count's quantiles by level, where a count is forecast",
    "target_start_date": "the window's first day where that is not the day after as_of",
    "mlflow_run_id": "the run behind the row where that is not the issue's",
    "threshold": "how much of what is counted makes the target come true",
    "gap_days": "days between the last that the sources tell whole and as_of: what came of them is"
    " not known; the record is of forecasts at least as blind",
    "outcome": "1 where the target came true, else 0",
    "brier": "(probability - outcome) squared; lower is better",
    "baseline_brier": "the same of the base rate",
    "log_score": "minus the log of the probability given to what came; lower is better",
    "baseline_log_score": "the same of the base rate",
    "revision": "1, or more where later news has changed the outcome",
    "vintage": "the fingerprint of the events that the outcome was judged on",
    "resolved_as_of": "the outcome is by what was known on this day",
    "resolved_at": "when that was written down, UTC",
}
"""What each column of the views holds: kept in PostgreSQL as the columns' comments."""
_ROW = """
    {s}.theatre, {s}.issue_id, {as_of} AS as_of, {issued_at} AS issued_at, {s}.issue_status,
    {s}.issue_status = 'hindcast' AS hindcast,
    {s}.unit, {s}.target, {s}.horizon_days, {target_end_date} AS target_end_date, {s}.probability,
    {s}.probability_low, {s}.probability_high, {s}.baseline_probability, {s}.level, {s}.change,
    {s}.drivers, {s}.status, {s}.reason, {s}.drivers_log_odds, {s}.change_split, {s}.quantiles,
    {target_start_date} AS target_start_date, {s}.mlflow_run_id, {s}.threshold,
    {s}.gap_days"""
# Of the issues of one as_of the last archived counts, a hindcast only where there is no other.
_COUNTING = """
    SELECT theatre, position, status, ROW_NUMBER() OVER (
        PARTITION BY theatre, as_of
        ORDER BY CASE WHEN status = 'hindcast' THEN 1 ELSE 0 END, position DESC) AS place
    FROM issues"""
_VIEWS: Final = {
    "latest_scores": """
SELECT {row} FROM scores s JOIN (
    SELECT theatre, position, ROW_NUMBER() OVER (
        PARTITION BY theatre
        ORDER BY CASE WHEN status IN ('ok', 'stale') THEN 0 ELSE 1 END, as_of DESC, position DESC
        ) AS place
    FROM issues WHERE status <> 'hindcast') i
ON i.theatre = s.theatre AND i.position = s.position WHERE i.place = 1""",
    "score_history": """
SELECT {row} FROM scores s JOIN ({counting}) i
ON i.theatre = s.theatre AND i.position = s.position WHERE i.place = 1""",
    "scoreboard": """
SELECT o.theatre, o.issue_id, {o_as_of} AS as_of, o.hindcast, o.unit, o.target, o.horizon_days,
    {o_end} AS target_end_date, {target_start_date} AS target_start_date, o.probability,
    o.baseline_probability, o.outcome, o.brier, o.baseline_brier, o.log_score,
    o.baseline_log_score, o.revision, o.vintage,
    {o_day} AS resolved_as_of, {o_at} AS resolved_at, s.threshold
FROM outcomes o JOIN (
    SELECT theatre, issue_id, unit, target, horizon_days, MAX(revision) AS revision
    FROM outcomes GROUP BY theatre, issue_id, unit, target, horizon_days) r
ON r.theatre = o.theatre AND r.issue_id = o.issue_id AND r.unit = o.unit AND r.target = o.target
    AND r.horizon_days = o.horizon_days AND r.revision = o.revision
JOIN issues x ON x.theatre = o.theatre AND x.issue_id = o.issue_id
LEFT JOIN scores s ON s.theatre = o.theatre AND s.issue_id = o.issue_id AND s.unit = o.unit
    AND s.target = o.target AND s.horizon_days = o.horizon_days
JOIN ({counting}) i ON i.theatre = x.theatre AND i.position = x.position WHERE i.place = 1""",
}
VIEWS: Final = tuple(_VIEWS)


def definition(name: str, dialect: str) -> str:
    """The view's SELECT on that kind of database: days are dates where it has such a type."""

    def cast(column: str, kind: str) -> str:
        return f"CAST({column} AS {kind})" if dialect == "postgresql" else column

    start = cast("s.target_start_date", "date")
    row = _ROW.format(
        s="s",
        as_of=cast("s.as_of", "date"),
        issued_at=cast("s.issued_at", "timestamptz"),
        target_end_date=cast("s.target_end_date", "date"),
        target_start_date=start,
    )
    text = _VIEWS[name].format(
        row=row,
        counting=_COUNTING,
        target_start_date=start,
        o_as_of=cast("o.as_of", "date"),
        o_end=cast("o.target_end_date", "date"),
        # Outcomes are judged by what is known at the end of the day on which they are written.
        o_day=cast("substr(o.resolved_at, 1, 10)", "date"),
        o_at=cast("o.resolved_at", "timestamptz"),
    )
    return text.strip()


def make_views(connection: Connection) -> list[str]:
    """The views that were made or made anew: those that are as they should be stay.

    In the caller's transaction; who may read a view keeps that right.
    """
    changed = [name for name in VIEWS if _marked(connection, name) != _mark(connection, name)]
    for name in changed:
        _make(connection, name)
    return changed


def _make(connection: Connection, name: str) -> None:
    select = definition(name, connection.dialect.name)
    mark = _mark(connection, name)
    if connection.dialect.name != "postgresql":
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
        connection.exec_driver_sql(f"CREATE VIEW {name} AS /* {mark} */ {select}")
        return
    readers = _readers(connection, name)
    connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
    connection.exec_driver_sql(f"CREATE VIEW {name} AS {select}")
    connection.exec_driver_sql(f"COMMENT ON VIEW {name} IS '{mark}'")
    for column in sa.inspect(connection).get_columns(name):
        # A bare % is the driver's own sign.
        meaning = MEANINGS[column["name"]].replace("%", "%%").replace("'", "''")
        connection.exec_driver_sql(f"COMMENT ON COLUMN {name}.{column['name']} IS '{meaning}'")
    for reader in readers:
        connection.exec_driver_sql(f"GRANT SELECT ON {name} TO {reader}")


def _readers(connection: Connection, name: str) -> list[str]:
    """Who may read the view besides its owner: a view that is made anew must not lose them."""
    query = sa.text(
        "SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END"
        " FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = to_regclass(:name)"
        " AND a.privilege_type = 'SELECT' AND a.grantee <> c.relowner ORDER BY 1"
    )
    return list(connection.execute(query, {"name": name}).scalars())


def _mark(connection: Connection, name: str) -> str:
    """What the view bears, so that one of an older release is known."""
    text = definition(name, connection.dialect.name) + str(MEANINGS)
    return f"dyadcast {hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _marked(connection: Connection, name: str) -> str:
    if connection.dialect.name == "postgresql":
        query = "SELECT obj_description(to_regclass(:name), 'pg_class')"
        return str(connection.execute(sa.text(query), {"name": name}).scalar() or "")
    query = "SELECT sql FROM sqlite_master WHERE type = 'view' AND name = :name"
    text = str(connection.execute(sa.text(query), {"name": name}).scalar() or "")
    mark = re.search(r"/\* (dyadcast [0-9a-f]{16}) \*/", text)
    return mark[1] if mark else ""
