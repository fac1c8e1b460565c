"""How each source names the two states, and who else it names: data of one theatre's own."""

from datetime import date
from typing import Self

from pydantic import Field, model_validator

from theatres.strict import Strict

CODE = r"^[A-Z]{2,6}$"


class State(Strict):
    """One of the two states, as each source writes it.

    `gleditsch_ward` is UCDP's number, `iso` ACLED's (ISO 3166-1 numeric); GDELT has a code of
    three letters for an actor (`cameo`) and one of two for a place (`fips`). `forces` is the name
    that ACLED gives a state's forces, as in `Military Forces of X`; from `acled_since` on
    ACLED covers the state. UCDP books an ally's force under the government that it helps: from
    `alone_since` on what it books under the state's government abroad is the state's own.
    """

    gleditsch_ward: int = Field(ge=1, le=999)
    iso: int = Field(ge=1, le=999)
    cameo: str = Field(pattern=r"^[A-Z]{3}$")
    fips: str = Field(pattern=r"^[A-Z]{2}$")
    forces: str = Field(min_length=2)
    acled_since: int = Field(ge=1997, le=2100)
    alone_since: date = date.min


class Group(Strict):
    """An armed group whose name in ACLED has `named` in it, in whatever letters."""

    named: str = Field(min_length=2)
    code: str = Field(pattern=CODE)


class Codes(Strict):
    """The codes of a theatre: its states by actor, others by what UCDP and ACLED call them.

    Of ACLED's groups the first that fits counts. `factions` names for the code of a faction that
    of the group as part of which other sources tell it.
    """

    states: dict[str, State]
    ucdp_states: dict[str, str] = Field(default_factory=dict)
    ucdp_groups: dict[str, str] = Field(default_factory=dict)
    acled_groups: tuple[Group, ...] = ()
    factions: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _each_state_its_own(self) -> Self:
        for name in ("gleditsch_ward", "iso", "cameo", "fips", "forces"):
            values = [getattr(state, name) for state in self.states.values()]
            if len(set(values)) != len(values):
                raise ValueError(f"two states cannot have the same {name}, found {values}")
        return self

    def actors(self, name: str) -> dict[str, str]:
        """The actor by a source's code of it, as text: `gleditsch_ward`, `iso`, `cameo`, `fips`
        or `forces`; in the order of the file."""
        return {str(getattr(state, name)): actor for actor, state in self.states.items()}
