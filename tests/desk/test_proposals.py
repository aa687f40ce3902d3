"""Proposals: two people, once each, and what was approved is done in the same transaction."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from psycopg import errors

from tests.world import AT
from tongbao.desk import facts, proposals
from tongbao.desk.facts import FactsTooLong
from tongbao.desk.proposals import Proposal, ProposalDecided, ProposalNotFound, SamePerson
from tongbao.kernel import db as database
from tongbao.kernel import limits
from tongbao.kernel.db import Connection
from tongbao.kernel.texts import CodeMalformed, TextMalformed

LATER = AT + timedelta(hours=1)


def propose(conn: Connection, kind: str = "test", **given: Any) -> Proposal:
    values: dict[str, Any] = {"by": "Lin Wei", "reason": "as agreed on the telephone", "at": AT}
    values |= given
    terms = values.pop("terms", {"amount": 500})
    return proposals.propose(conn, kind, values.pop("organisation", 7), terms, **values)


def test_a_proposal_waits_with_its_terms(db: Connection) -> None:
    made = propose(db, terms={"amount": 500, "note": "a\0b\x1e ”quoted” \\ 通宝", "deep": [{}]})
    assert proposals.get(db, made.id) == made
    assert made == Proposal(
        id=made.id,
        kind="test",
        organisation_id=7,
        terms={"amount": 500, "note": "a\0b\x1e ”quoted” \\ 通宝", "deep": [{}]},
        reason="as agreed on the telephone",
        proposed_by="Lin Wei",
        proposed_at=AT,
        state="proposed",
    )
    assert proposals.waiting(db) == [made]
    assert proposals.waiting(db, "other") == []


def test_another_person_approves(db: Connection) -> None:
    made = propose(db)
    done = proposals.approve(db, made.id, by="Zhao Min", at=LATER)
    assert (done.state, done.decided_by, done.decided_at) == ("approved", "Zhao Min", LATER)
    proposals.note_operation(db, made.id, 99)
    assert proposals.get(db, made.id).operation_id == 99
    assert proposals.waiting(db) == []


def test_another_person_rejects_with_a_reason(db: Connection) -> None:
    made = propose(db)
    done = proposals.reject(db, made.id, by="Zhao Min", reason="the amount is wrong", at=LATER)
    assert (done.state, done.decision_reason) == ("rejected", "the amount is wrong")
    with pytest.raises(TextMalformed):
        proposals.reject(db, propose(db).id, by="Zhao Min", reason=" ", at=LATER)


@pytest.mark.parametrize(
    "by", ["Lin Wei", "lin wei", " LIN  WEI ", "Lin\u00a0Wei", "Ｌｉｎ Ｗｅｉ", "LinWei"]
)
def test_nobody_approves_what_they_have_proposed(db: Connection, by: str) -> None:
    made = propose(db)
    with pytest.raises(SamePerson):
        proposals.approve(db, made.id, by=by, at=LATER)
    assert proposals.get(db, made.id) == made


def test_whoever_has_proposed_takes_it_back(db: Connection) -> None:
    made = propose(db)
    done = proposals.reject(db, made.id, by="Lin Wei", reason="a mistake", at=LATER)
    assert (done.state, done.decided_by, done.decision_reason) == (
        "rejected", "Lin Wei", "a mistake",
    )  # fmt: skip
    with pytest.raises(ProposalDecided):
        proposals.approve(db, made.id, by="Zhao Min", at=LATER)


def test_the_database_itself_refuses_one_person(db: Connection) -> None:
    made = propose(db)
    with pytest.raises(errors.CheckViolation):
        db.execute(
            "UPDATE desk.proposal SET state = 'approved', decided_by = 'Lin Wei' WHERE id = %s",
            (made.id,),
        )
    with pytest.raises(errors.InsufficientPrivilege):
        db.execute("UPDATE desk.proposal SET terms = '{}' WHERE id = %s", (made.id,))


def test_it_is_decided_once(db: Connection) -> None:
    made = propose(db)
    proposals.approve(db, made.id, by="Zhao Min", at=LATER)
    for _ in range(2):
        with pytest.raises(ProposalDecided, match="was approved by Zhao Min"):
            proposals.approve(db, made.id, by="Sun Li", at=LATER)
    with pytest.raises(ProposalDecided):
        proposals.reject(db, made.id, by="Sun Li", reason="too late", at=LATER)


@pytest.mark.parametrize("number", [0, -1, 4711, 2**63, 10**30])
def test_what_is_not_there_is_not_found(db: Connection, number: int) -> None:
    with pytest.raises(ProposalNotFound):
        proposals.get(db, number)
    with pytest.raises(ProposalNotFound):
        proposals.approve(db, number, by="Zhao Min", at=LATER)


def test_when_what_it_stands_for_is_refused_nothing_is_decided(db: Connection) -> None:
    made = propose(db)

    def decide() -> None:
        with db.transaction():
            proposals.approve(db, made.id, by="Zhao Min", at=LATER)
            raise SamePerson(by="whoever")  # stands for any refusal of the package

    with pytest.raises(SamePerson):
        decide()
    assert proposals.get(db, made.id) == made


def test_of_two_who_decide_at_once_one_is_told_so(db: Connection, database_url: str) -> None:
    made = propose(db)
    ready, told = threading.Barrier(2), list[str]()

    def decide(by: str) -> None:
        with database.connect(database_url) as conn:
            ready.wait()
            try:
                with conn.transaction():
                    proposals.approve(conn, made.id, by=by, at=LATER)
                    conn.execute("SELECT pg_sleep(0.2)")  # what it stands for takes a while
                told.append("approved")
            except ProposalDecided as refusal:
                told.append(f"{refusal.facts['state']} by another")

    people = [threading.Thread(target=decide, args=(by,)) for by in ("Zhao Min", "Sun Li")]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(told) == ["approved", "approved by another"]


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"by": ""}, TextMalformed),
        ({"by": "x" * 201}, TextMalformed),
        ({"by": "a\nb"}, TextMalformed),
        ({"reason": "\u202e"}, TextMalformed),
        ({"kind": "no spaces"}, CodeMalformed),
        ({"terms": {"much": "x" * limits.FACTS}}, FactsTooLong),
    ],
)
def test_what_makes_no_sense_is_refused(
    db: Connection, given: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        propose(db, **given)
    assert proposals.listed(db) == []


def test_facts_of_just_the_most_go(db: Connection) -> None:
    frame = len(facts.encode({"much": ""}))
    most = {"much": "x" * (limits.FACTS - frame)}
    assert propose(db, terms=most).terms == most


def test_they_are_listed_in_pages(db: Connection) -> None:
    ids = [propose(db, kind, organisation=who).id for kind in "ab" for who in (1, 2, None)]
    proposals.approve(db, ids[0], by="Zhao Min", at=LATER)
    assert [p.id for p in proposals.waiting(db)] == ids[1:]
    assert [p.id for p in proposals.listed(db, limit=2, after=ids[1])] == ids[2:4]
    assert [p.id for p in proposals.listed(db, "a")] == ids[:3]
    assert [p.id for p in proposals.listed(db, organisation=1)] == [ids[0], ids[3]]
    assert [p.id for p in proposals.listed(db, state="approved")] == ids[:1]
