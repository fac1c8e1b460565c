"""The hash chain: any byte, any order but the one archived is found and named."""

from dataclasses import replace

from forecasts import make_days
from hypothesis import given
from hypothesis import strategies as st

from publish.archive.chain import GENESIS, Audit, Head, Link, archived_lines, link, link_hash

HOME = "pak_afg"


def test_link_hash_is_that_of_five_lines() -> None:
    # printf '%064d\npak_afg\n1\nab\ncd' 0 | sha256sum
    pinned = "c0433d6f93fa0fddf2eb18f6ce3880af6487039b87cb7ee64802b771c7d39e69"
    assert link_hash(GENESIS, "pak_afg", 1, "ab", "cd") == pinned


def chain(count: int) -> list[tuple[Link, list[dict[str, object]]]]:
    """The links of `make_days(count)`, with their lines in scores."""
    links: list[tuple[Link, list[dict[str, object]]]] = []
    head = Head()
    for forecast in make_days(count):
        new = link(forecast, head)
        links.append((new, archived_lines(forecast, new.position)))
        head = Head(new.position, new.hash)
    return links


def audit_faults(links: list[tuple[Link, list[dict[str, object]]]]) -> list[str]:
    """What an audit finds wrong with the links, in this order."""
    audit = Audit(HOME)
    for one, lines in links:
        audit.take(one, lines)
    return audit.faults


@given(st.permutations(range(4)))
def test_audit_of_any_other_order_finds_a_fault(order: list[int]) -> None:
    links = chain(4)
    assert bool(audit_faults([links[n] for n in order])) == (order != sorted(order))


@given(st.integers(0, 2), st.data())
def test_audit_of_any_byte_changed_names_the_position(n: int, data: st.DataObject) -> None:
    links = chain(3)
    one, lines = links[n]
    field = data.draw(st.sampled_from(["body", "body_sha256", "previous_hash", "hash", "as_of"]))
    text = getattr(one, field)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(exclude_categories=["Cs"], exclude_characters=text[place]))
    links[n] = (replace(one, **{field: text[:place] + other + text[place + 1 :]}), lines)
    assert any(f"at position {n + 1}: " in fault for fault in audit_faults(links))


def test_audit_of_an_issue_doubled_names_both_positions() -> None:
    links = chain(2)
    first = make_days(1)[0]
    third = link(first, Head(2, links[1][0].hash))
    faults = audit_faults([*links, (third, archived_lines(first, 3))])
    assert faults == [f"issue {first.issue_id} at position 3: archived already at position 1"]
