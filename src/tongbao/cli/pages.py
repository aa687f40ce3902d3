"""Pages for people: a member's statement, an operation explained, an organisation, an outlet."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from tongbao.cli import output
from tongbao.kernel.amounts import percent, show
from tongbao.points.detail import WHOLE_SALE
from tongbao.points.explain import Explanation, Moved
from tongbao.points.standing import Happened, OutletStanding, Standing
from tongbao.points.statements import Statement

WIDTH: Final = 100
"""Columns of text that a page takes at most."""


_IN_FEN: Final = {"base": "earned on", "earned": "earned", "clawed": "taken back of the earned"}
"""Amounts in an operation's detail, and how a page says them."""


def moment(when: datetime | None, zone: str) -> str:
    """Write a time to the minute in the alliance's time zone; none: ``-``."""
    return "-" if when is None else f"{when.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def amount(fen: int) -> str:
    """Write an amount that may be nothing: zero is ``-``."""
    return show(fen) if fen else "-"


def facts(title: str, rows: Sequence[tuple[str, object]]) -> None:
    """Print names and values as two columns without a head."""
    output.table(title, ["", ""], [row for row in rows if row[1] not in (None, "")], WIDTH)


def member(statement: Statement, zone: str) -> None:
    """Print a member's statement."""
    who, balances = statement.member, statement.balances
    known = ", ".join(f"{each.kind} …{each.hint}" for each in statement.identities)
    merged = ", ".join(map(str, statement.merged))
    locked = ", spending is locked" if who.spend_locked else ""
    facts(
        f"Member {who.id}",
        [
            ("known by", known),
            ("status", f"{who.status}{locked}"),
            ("enrolled", moment(who.enrolled_at, zone)),
            ("asked for", statement.asked if statement.asked != who.id else None),
            ("lives on here", merged),
            ("available", show(balances.available)),
            ("held", show(balances.held)),
            ("pending", show(balances.pending)),
            ("owing", show(balances.owing)),
        ],
    )
    output.table(
        "Lots, in the order in which they are spent",
        ["issuer", "kind", ">available", ">held", ">pending", "earned", "expires"],
        [
            (
                lot.code,
                lot.kind if lot.scope is None else f"{lot.kind}, limited",
                *map(amount, (lot.available, lot.held, lot.pending)),
                moment(lot.earned_at, zone)[:10],
                "never" if lot.expires_at is None else moment(lot.expires_at, zone)[:10],
            )
            for lot in statement.lots
        ],
        WIDTH,
    )
    for hold in statement.holds:
        until = moment(hold.expires_at, zone)
        output.line(f"hold {hold.id} of {hold.code}: {show(hold.remaining)} until {until}")
    for debt in statement.owing:
        output.line(f"owes {debt.code} {show(debt.amount)}; the next earning repays it")
    output.table(
        "History, newest first",
        ["operation", "when", "what", "where", ">cash", ">points", ">set aside", ">balance"],
        [
            (
                entry.id,
                moment(entry.effective_at, zone),
                entry.kind.replace("_", " "),
                entry.outlet or entry.code or "-",
                amount(entry.cash),
                _signed(entry.wallet),
                _signed(entry.held + entry.pending),
                show(entry.balance),
            )
            for entry in statement.history
        ],
        WIDTH,
    )


def operation(explanation: Explanation, zone: str) -> None:
    """Print an operation: its facts, its transfers with their reasons, its lots, its place."""
    _operation_facts(explanation, zone)
    if explanation.transfers:
        output.table(
            "Transfers",
            [">", "from", "to", ">amount", "", "why"],
            [
                (
                    moved.n + 1,
                    _party(moved, source=True),
                    _party(moved, source=False),
                    show(moved.amount),
                    moved.unit,
                    f"{moved.movement}: {moved.meaning}",
                )
                for moved in explanation.transfers
            ],
            WIDTH,
        )
    if explanation.lots:
        output.table(
            "Lots",
            ["lot", "issuer", "kind", ">points", ">reserve", ">remains", "earned", "expires"],
            [
                (
                    lot.id,
                    lot.issuer,
                    lot.kind,
                    _signed(lot.points),
                    _signed(lot.reserve),
                    amount(lot.remaining),
                    moment(lot.earned_at, zone)[:10],
                    "never" if lot.expires_at is None else moment(lot.expires_at, zone)[:10],
                )
                for lot in explanation.lots
            ],
            WIDTH,
        )
    _claims(explanation)
    if explanation.relatives:
        output.table(
            "Related operations",
            ["operation", "", "kind", ">points", ">cash", "when"],
            [
                (
                    each.id,
                    "it follows" if each.before else "followed it",
                    each.kind.replace("_", " "),
                    amount(each.points),
                    amount(each.cash),
                    moment(each.effective_at, zone),
                )
                for each in explanation.relatives
            ],
            WIDTH,
        )


def _operation_facts(explanation: Explanation, zone: str) -> None:
    found, record, batch = explanation.operation, explanation.record, explanation.batch
    rows: list[tuple[str, object]] = []
    if found is not None:
        state = "open" if found.window_closed_at is None else "closed"
        owner = "organisation" if found.owner_id == found.organisation_id else "member"
        rows += [
            ("what", found.kind.replace("_", " ")),
            ("where", found.outlet or found.organisation),
            (owner, found.owner_id),
            ("points", amount(found.points)),
            ("cash", amount(found.cash)),
            ("business time", moment(found.effective_at, zone)),
            ("written", moment(found.written_at, zone)),
            ("window", f"{found.window_id}, {state}"),
            *_detail(found.data),
        ]
    if record is not None:
        rows.append(("key", f"{record.key} of {record.caller or record.scope}"))
        if record.refused:
            refusal = msgspec.json.decode(record.answer)["refusal"]
            rows.append(("refused", f"{refusal['code']}: {refusal['message']}"))
    if batch is not None:
        place = f"place {explanation.place + 1} of batch {batch.id}"
        if batch.position is None:
            rows.append(("journal", f"{place}, which waits for its seal"))
        else:
            rows.append(("journal", f"{place}, sealed as {batch.position} ({batch.seal})"))
    facts(f"Operation {explanation.id}", rows)


def _detail(text: str) -> list[tuple[str, object]]:
    """Say what an operation keeps beside its transfers; lots are in the table of lots."""
    detail: dict[str, Any] = msgspec.json.decode(text)
    lines = detail.pop("lines", [])
    said: list[tuple[str, object]] = [
        (f"line {line}", f"{show(cost)}, of it {show(points)} in points")
        for line, cost, points in lines
        if line != WHOLE_SALE
    ]
    for name, value in detail.items():
        if name in _IN_FEN:
            said.append((_IN_FEN[name], show(value)))
        elif name not in ("slices", "earned_lot"):
            said.append((name.replace("_", " "), value))
    return said


def _claims(explanation: Explanation) -> None:
    codes = {moved.from_owner: moved.from_code for moved in explanation.transfers}
    codes |= {moved.to_owner: moved.to_code for moved in explanation.transfers}
    if explanation.claims:
        output.table(
            "Claims",
            ["", ">yuan", ""],
            [
                (codes[claim.issuer], show(claim.amount), f"owed to {codes[claim.redeemer]}")
                if claim.amount > 0
                else (codes[claim.redeemer], show(-claim.amount), f"back to {codes[claim.issuer]}")
                for claim in explanation.claims
            ],
            WIDTH,
        )


def organisation(standing: Standing, zone: str) -> None:
    """Print where an organisation stands."""
    who, points, balances = standing.organisation, standing.circulation, standing.balances
    facts(
        f"{who.name}",
        [
            ("id, code", f"{who.id}, {who.code}"),
            ("role, status", f"{who.role}, {who.status}"),
            ("registered", moment(who.registered_at, zone)),
            ("in circulation", f"{show(-balances['issued'])} points, {points.members} members"),
            ("of them held, pending", f"{show(points.held)}, {show(points.pending)}"),
            *((kind, show(fen)) for kind, fen in balances.items() if kind != "issued"),
            ("headroom", "not bounded" if standing.headroom is None else show(standing.headroom)),
        ],
    )
    if standing.contract is not None:
        terms = standing.contract.terms
        facts(
            f"Contract since {moment(standing.contract.valid_from, zone)[:10]}",
            [
                ("earns", f"{percent(terms.earn_rate)} of {terms.earn_on}"),
                ("prepaid", percent(terms.prepaid_share)),
                ("reimbursed", percent(terms.reimbursement)),
                ("acceptance fee", percent(terms.acceptance_fee)),
                ("issue fee", percent(terms.issue_fee)),
                ("expiry", f"{terms.expiry_months} months" if terms.expiry_months else "never"),
                (
                    "credit limit",
                    "none" if terms.credit_limit is None else show(terms.credit_limit),
                ),
            ],
        )
    output.table(
        "Claims with others, all windows",
        ["organisation", "", ">owed to it", ">due from it"],
        [(c.code, c.name, amount(c.owed), amount(c.due)) for c in standing.counterparties],
        WIDTH,
    )
    output.table(
        "Outlets",
        ["code", "name", "region", "format", "MCC", ""],
        [
            (o.code, o.name, o.region, o.format, o.mcc, "" if o.open else "closed")
            for o in standing.outlets
        ],
        WIDTH,
    )
    _happened(standing.operations, zone)


def outlet(standing: OutletStanding, zone: str) -> None:
    """Print an outlet."""
    place = standing.outlet
    facts(
        place.name,
        [
            ("id, code", f"{place.id}, {place.code}"),
            ("organisation", f"{place.organisation_name}, {place.organisation}"),
            ("brand", place.brand),
            ("site", f"{place.site_name}, {place.site} ({place.kind})"),
            ("region", f"{place.region} {standing.region_name}"),
            ("format", f"{place.format_name}, MCC {place.mcc}"),
            ("tills", ", ".join(standing.terminals)),
            ("open", "yes" if place.open else "no"),
        ],
    )
    _happened(standing.operations, zone)


def _happened(operations: Sequence[Happened], zone: str) -> None:
    output.table(
        "Operations, newest first",
        ["operation", "when", "what", "outlet", ">member", ">points", ">cash"],
        [
            (
                each.id,
                moment(each.effective_at, zone),
                each.kind.replace("_", " "),
                each.outlet or "-",
                each.owner_id,
                amount(each.points),
                amount(each.cash),
            )
            for each in operations
        ],
        WIDTH,
    )


def _party(moved: Moved, *, source: bool) -> str:
    """Name one end of a transfer: an account, and the lot whose reserve it is."""
    owner, code, kind = (
        (moved.from_owner, moved.from_code, moved.from_kind)
        if source
        else (moved.to_owner, moved.to_code, moved.to_kind)
    )
    return f"{code or f'member {owner}'} {kind}"


def _signed(fen: int) -> str:
    return f"+{show(fen)}" if fen > 0 else amount(fen)
