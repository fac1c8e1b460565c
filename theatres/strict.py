"""What every part of a theatre file is: frozen, and refused where it names an unknown field."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A part of a theatre file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
