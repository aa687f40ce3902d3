"""The books of a batch of points operations: the ledger's books and what plans must know.

Plans look things up here by verbs that refuse what is missing or not the caller's; they change
nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

import msgspec
from msgspec import Struct

from tongbao.alliance.types import Terms
from tongbao.ledger.books import Books as LedgerBooks
from tongbao.ledger.types import Hold, Lot, Transfer
from tongbao.points import refusals
from tongbao.points.directory import Organisation, Outlet
from tongbao.points.operations import Scope
from tongbao.points.original import Original

_NEVER = datetime.max.replace(tzinfo=UTC)
_read_scope = lru_cache(maxsize=1_000)(msgspec.json.Decoder(Scope).decode)


class Member(Struct):
    """A member's state."""

    id: int
    status: str
    locked: bool
    merged_into: int | None


class Proposal(Struct):
    """A proposed adjustment."""

    id: int
    member: int
    organisation: int
    points: int
    reason: str
    proposed_by: str
    state: str


class QuotedTerms(Struct, frozen=True, kw_only=True):
    """What a quote promises of a contract: what concerns the sale.

    What bounds the issuer's issuing and funds its points is the contract's, as it is at the sale.
    """

    earn_rate: int
    earn_step: int
    earn_on: Literal["cash", "total"]
    reimbursement: int
    acceptance_fee: int
    issue_fee: int
    expiry_months: int | None

    @classmethod
    def of(cls, terms: Terms) -> "QuotedTerms":
        """Give what a quote promises of ``terms``."""
        return cls(**{name: getattr(terms, name) for name in cls.__struct_fields__})

    def on_top_of(self, terms: Terms) -> Terms:
        """Give ``terms`` with what was promised in them."""
        return msgspec.structs.replace(terms, **msgspec.structs.asdict(self))


class Quote(Struct):
    """A quote as posting sees it: for which sale, on which terms, until when; who has used it."""

    id: int
    member: int
    outlet: int
    amount: int
    points: int
    terms: QuotedTerms
    expires_at: datetime
    used_by: int | None

    def on_top_of(self, terms: Terms) -> Terms:
        """Give ``terms`` with what was quoted in them."""
        return self.terms.on_top_of(terms)


class Books(LedgerBooks):
    """What a batch of points operations works on."""

    def __init__(self, batch_id: int, at: datetime, window: int, operator: int) -> None:
        super().__init__(batch_id, at, window)
        self.operator = operator
        self.outlets: dict[int, Outlet] = {}
        self.organisations: dict[int, Organisation] = {}
        self.members: dict[int, Member] = {}
        self.originals: dict[int, Original] = {}
        self.proposals: dict[int, Proposal] = {}
        self.quotes: dict[int, Quote] = {}
        self.moved: dict[int, int] = {}
        """Where lots of merged memberships went: old lot id, new lot id."""
        self.large = False
        """Whether large amounts may move: then all balances and claims they may touch are read."""
        self.gross: dict[tuple[int, int], int] = {}
        """What issuer and redeemer have claimed from each other in this window before."""
        self.captures: dict[int, int] = {}
        """What has taken points of a hold, and was not reversed: operation id, hold id."""
        self.captured: Counter[int] = Counter()
        """How many of them each hold has."""
        self.own_limits: dict[int, int] = {}
        """What members allow themselves to spend in a day."""
        self.dormant: dict[int, datetime] = {}
        """Members whose wallets sleep, and when they were last here."""
        self.keyed: dict[tuple[int, str], int] = {}
        """Operation ids by (scope, key): of this batch, and those that reversals ask for."""

    def outlet(self, outlet_id: int, scope: int, *, even_closed: bool = False) -> Outlet:
        """Give an outlet of the calling organisation; the operator may act for everybody."""
        outlet = self.outlets.get(outlet_id)
        if outlet is None or scope not in (outlet.organisation, self.operator):
            raise refusals.OutletNotFound(outlet=outlet_id)
        if not outlet.open and not even_closed:
            raise refusals.OutletClosed(outlet=outlet_id)
        return outlet

    def member(self, member_id: int) -> Member:
        """Give an active member."""
        member = self.members.get(member_id)
        if member is None:
            raise refusals.MemberNotFound(member=member_id)
        if member.merged_into is not None:
            raise refusals.MemberMerged(member=member_id, into=member.merged_into)
        if member.status != "active":
            raise refusals.MemberNotActive(member=member_id, status=member.status)
        return member

    def spender(self, member_id: int) -> Member:
        """Give an active member who may spend."""
        member = self.member(member_id)
        if member.locked:
            raise refusals.SpendLocked(member=member_id)
        if member_id in self.dormant:
            since = self.dormant[member_id].isoformat()
            raise refusals.WalletDormant(member=member_id, since=since)
        return member

    def organisation(self, organisation_id: int) -> Organisation:
        """Give an organisation, whatever its state."""
        organisation = self.organisations.get(organisation_id)
        if organisation is None:
            raise refusals.OrganisationNotFound(organisation=organisation_id)
        return organisation

    def redeemer(self, organisation_id: int) -> Organisation:
        """Give an organisation that may accept points."""
        organisation = self.organisation(organisation_id)
        if organisation.status not in ("active", "suspended"):
            raise refusals.OrganisationNotActive(
                organisation=organisation_id, status=organisation.status
            )
        return organisation

    def terms(self, organisation_id: int, when: datetime) -> Terms:
        """Give the contract terms that rule at business time ``when``."""
        for valid_from, terms in self.organisation(organisation_id).versions:
            if valid_from <= when:
                return terms
        raise refusals.NoContract(organisation=organisation_id, when=when.isoformat())

    def terms_if_any(self, organisation_id: int, when: datetime) -> Terms | None:
        """Give the contract terms that rule at business time ``when``; None before the first."""
        versions = self.organisation(organisation_id).versions
        return next((terms for valid_from, terms in versions if valid_from <= when), None)

    def end_membership(self, member: int, into: int | None, transfers: Iterable[Transfer]) -> None:
        """Close a membership, or let it live on in ``into``: what follows it is found there."""
        ended = self.members[member]
        ended.status = "closed" if into is None else "merged"
        ended.merged_into = into
        if into is None:
            return
        self.members[into].locked |= ended.locked
        for original in self.originals.values():
            if original.holder == member:
                original.holder = into
        for t in transfers:
            if t.from_lot is not None and t.to_lot is not None:
                self.moved[t.from_lot] = t.to_lot

    def hold(self, hold_id: int, scope: int) -> Hold:
        """Give a hold of the calling organisation."""
        hold = self.holds.get(hold_id)
        if hold is None or scope not in (hold.organisation, self.operator):
            raise refusals.HoldNotFound(hold=hold_id)
        return hold

    def quoted(self, quote_id: int, member: int, outlet: Outlet, amount: int, points: int) -> Quote:
        """Give a quote of this very sale that may still be used."""
        quote = self.quotes.get(quote_id)
        if quote is None:
            raise refusals.QuoteNotFound(quote=quote_id)
        if (quote.member, quote.outlet, quote.amount, quote.points) != (
            member, outlet.id, amount, points,
        ):  # fmt: skip
            raise refusals.QuoteMismatch(quote=quote_id)
        if quote.used_by is not None:
            raise refusals.QuoteUsed(quote=quote_id, operation=quote.used_by)
        if quote.expires_at <= self.at:
            raise refusals.QuoteExpired(quote=quote_id, expired=quote.expires_at.isoformat())
        return quote

    def add_capture(self, capture: int, hold: int) -> None:
        """Remember that an operation has taken points of a hold."""
        self.captures[capture] = hold
        self.captured[hold] += 1

    def drop_capture(self, capture: int) -> None:
        """Forget it again: it was reversed."""
        hold = self.captures.pop(capture, None)
        if hold is not None:
            self.captured[hold] -= 1

    def original(self, operation_id: int, scope: int) -> Original:
        """Give an earlier operation of the calling organisation."""
        original = self.originals.get(operation_id)
        if original is None or scope not in (original.organisation, self.operator):
            raise refusals.OperationNotFound(operation=operation_id)
        return original

    def lot(self, lot_id: int | None) -> Lot | None:
        """Give a lot, or what it has become when its membership was merged."""
        while lot_id in self.moved:
            lot_id = self.moved[lot_id]
        return None if lot_id is None else self.lot_by_id.get(lot_id)

    def available_lots(self, member_id: int) -> list[Lot]:
        """Give the member's lots with something spendable, in spend order.

        Soonest expiry first, then oldest, then by id.
        """
        lots = [lot for lot in self.lots.get(member_id, {}).values() if lot.available]
        if len(lots) > 1:
            lots.sort(key=_spend_order)
        return lots

    def spendable_lots(
        self, member_id: int, outlet: Outlet | None, when: datetime
    ) -> Iterator[Lot]:
        """Give those of them that are good at ``when`` and at ``outlet`` (none: anywhere)."""
        for lot in self.available_lots(member_id):
            if lot.expires_at is not None and lot.expires_at <= when:
                continue
            if lot.scope is None or outlet is None or matches(lot.scope, outlet):
                yield lot


def _spend_order(lot: Lot) -> tuple[datetime, datetime, int]:
    return (lot.expires_at or _NEVER, lot.earned_at, lot.id)


def matches(scope: str, outlet: Outlet) -> bool:
    """Tell whether points with this scope (JSON text) may be spent at ``outlet``."""
    limits = _read_scope(scope)
    if limits.organisations and outlet.organisation not in limits.organisations:
        return False
    if limits.formats and outlet.format not in limits.formats:
        return False
    return not limits.regions or any(within(outlet.region, area) for area in limits.regions)


def within(region: str, area: str) -> bool:
    """Tell whether GB/T 2260 code ``region`` lies in ``area``: 310000 takes in 310105."""
    if area.endswith("0000"):
        return region[:2] == area[:2]
    if area.endswith("00"):
        return region[:4] == area[:4]
    return region == area
