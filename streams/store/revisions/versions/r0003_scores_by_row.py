"""A row of an issue can be looked up by its unit, target and horizon: the scoreboard asks for each
closed row when its window begins and what its threshold is, and walked over all of the issue's."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the index."""
    key = ["theatre", "issue_id", "unit", "target", "horizon_days"]
    op.create_index("scores_by_row", "scores", [*key, "target_start_date", "threshold"])
