"""The run-off: the operator fails, nothing is issued any more, and points are spent. Pure.

Month by month each issuer's own money pays for its points, then the guarantee fund and the first
loss; what neither can pay is unpaid. Every point costs par, wherever it is spent.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from tongbao.kernel import limits
from tongbao.kernel.amounts import share_half_up
from tongbao.kernel.errors import Malformed, Refused
from tongbao.losses.waterfall import share_out

LONGEST: Final = 120
"""Months of a run-off, and of a curve."""


class CurveMalformed(Malformed):
    code = "curve-malformed"
    text = "a redemption curve has 1 to {most} shares between 0 and {whole} parts per million"


class CurveUnknown(Refused):
    code = "curve-unknown"
    text = "no points have been out for a whole month yet; give a redemption curve"


class Issuer(Struct, frozen=True, kw_only=True):
    """An issuer when the operator fails, in fen.

    ``position``: what it is owed, negative what it owes. ``stock``: its points in circulation by
    their age in whole months.
    """

    organisation_id: int
    reserve: int = 0
    prepaid: int = 0
    collateral: int = 0
    position: int = 0
    stock: tuple[int, ...] = ()

    @property
    def own(self) -> int:
        """What is there of its own money; below zero: it owes more than that."""
        return self.reserve + self.prepaid + self.collateral + self.position


class Month(Struct, frozen=True, kw_only=True):
    """One month: points spent, who paid for them, what was left at its end (fen).

    Month 0 is the failure itself: what issuers owe beyond their own money. What of it the fund
    cannot pay, those who are owed it lose.
    """

    month: int
    redeemed: int
    own: int
    fund: int
    unpaid: int
    money_left: int
    circulation: int


class Outcome(Struct, frozen=True, kw_only=True):
    """What becomes of one issuer's points.

    ``own``: its own money at the start. ``coverage``: that money in parts per million of what is
    redeemed; None when nothing is. ``dry``: the month in which its own money ends.
    """

    organisation_id: int
    circulation: int
    own: int
    redeemed: int
    fund: int
    unpaid: int
    coverage: int | None
    dry: int | None


class RunOff(Struct, frozen=True, kw_only=True):
    """A run-off: its months and its issuers.

    ``first_unpaid``: the month in which something is unpaid first. ``runs_out``: the month at whose
    end no money is left. None: there is none.
    """

    months: list[Month]
    issuers: list[Outcome]
    first_unpaid: int | None
    runs_out: int | None


class Cell(Struct, frozen=True, kw_only=True):
    """What happened at one age (months) to the points issued so many whole months ago."""

    cohort: int
    age: int
    issued: int = 0
    redeemed: int = 0
    gone: int = 0


class _State:
    """One issuer on its way."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer = issuer
        self.stock = list(issuer.stock)
        self.left = max(0, issuer.own)
        self.redeemed = self.fund = self.unpaid = 0
        self.dry: int | None = None

    def spend(self, curve: Sequence[int]) -> int:
        """Spend a month's points; give how many."""
        spent = [
            share_half_up(points, curve[min(age, len(curve) - 1)])
            for age, points in enumerate(self.stock)
        ]
        left = [points - part for points, part in zip(self.stock, spent, strict=True)]
        self.stock = [0, *left[:-2], sum(left[-2:])] if len(left) > LONGEST else [0, *left]
        self.redeemed += sum(spent)
        return sum(spent)


def run_off(issuers: Iterable[Issuer], fund: int, curve: Sequence[int], months: int) -> RunOff:
    """Let points be spent for so many months.

    ``fund`` (fen): guarantee fund and first loss. ``curve``: of points so many months old, the
    share (parts per million) spent in a month; its last value holds for older ones. What issuers
    lack in one month the fund pays in proportion. Refuses ``curve-malformed``.
    """
    check_curve(curve)
    assert 1 <= months <= LONGEST and fund >= 0
    states = [_State(one) for one in sorted(issuers, key=lambda one: one.organisation_id)]
    told: list[Month] = []
    for month in range(months + 1):
        if month:
            due = [state.spend(curve) for state in states]
        else:
            due = [max(0, -state.issuer.own) for state in states]
        paid = _pay(states, due, fund, month)
        fund -= paid.fund
        if not month:
            _lose(states, paid.unpaid)
        told.append(
            Month(
                month=month,
                redeemed=sum(due) if month else 0,
                own=paid.own,
                fund=paid.fund,
                unpaid=paid.unpaid,
                money_left=fund + sum(state.left for state in states),
                circulation=sum(sum(state.stock) for state in states),
            )
        )
    return RunOff(
        months=told,
        issuers=[_outcome(state) for state in states],
        first_unpaid=next((one.month for one in told if one.unpaid), None),
        runs_out=next((one.month for one in told if not one.money_left), None),
    )


def observe(cells: Iterable[Cell]) -> list[int]:
    """Give the curve that was observed: of the points out at an age, the share spent in a month.

    Only whole months count. An age at which nothing was out takes the value before it. Refuses
    ``curve-unknown`` when there is no whole month.
    """
    seen: dict[int, dict[int, Cell]] = {}
    for cell in cells:
        seen.setdefault(cell.cohort, {})[cell.age] = cell
    out: dict[int, int] = {}
    spent: dict[int, int] = {}
    for cohort, ages in seen.items():
        left = sum(cell.issued for cell in ages.values())
        for age in range(min(cohort, LONGEST)):
            cell = ages.get(age, Cell(cohort=cohort, age=age))
            out[age] = out.get(age, 0) + max(0, left)
            spent[age] = spent.get(age, 0) + max(0, cell.redeemed)
            left -= cell.redeemed + cell.gone
    if not any(out.values()):
        raise CurveUnknown
    curve: list[int] = []
    for age in range(max(age for age, points in out.items() if points) + 1):
        before = curve[-1] if curve else 0
        whole = out.get(age, 0)
        curve.append(min(limits.RATE, spent[age] * limits.RATE // whole) if whole else before)
    return curve


def check_curve(curve: Sequence[int]) -> None:
    """Refuse ``curve-malformed`` unless every share is one and there are neither none nor many."""
    if not (1 <= len(curve) <= LONGEST and all(0 <= share <= limits.RATE for share in curve)):
        raise CurveMalformed(most=LONGEST, whole=limits.RATE)


class _Paid(Struct, frozen=True):
    own: int
    fund: int
    unpaid: int


def _pay(states: Sequence[_State], due: Sequence[int], fund: int, month: int) -> _Paid:
    short: dict[int, int] = {}
    own = 0
    for place, (state, amount) in enumerate(zip(states, due, strict=True)):
        part = min(state.left, amount) if month else 0
        state.left -= part
        own += part
        if amount > part:
            short[place] = amount - part
            if state.dry is None:
                state.dry = month
    missing = list(short.values())
    parts = share_out(fund, missing, missing)
    for (place, lack), part in zip(short.items(), parts, strict=True):
        states[place].fund += part
        states[place].unpaid += lack - part
    return _Paid(own, sum(parts), sum(missing) - sum(parts))


def _lose(states: Sequence[_State], unpaid: int) -> None:
    """Take what debtors cannot pay from what creditors are owed, in proportion."""
    owed = [max(0, state.issuer.position) for state in states]
    places = [place for place, amount in enumerate(owed) if amount]
    parts = share_out(
        unpaid,
        [owed[place] for place in places],
        [min(owed[place], states[place].left) for place in places],
    )
    for place, part in zip(places, parts, strict=True):
        states[place].left -= part


def _outcome(state: _State) -> Outcome:
    own = state.issuer.own
    redeemed = state.redeemed
    return Outcome(
        organisation_id=state.issuer.organisation_id,
        circulation=sum(state.issuer.stock),
        own=own,
        redeemed=redeemed,
        fund=state.fund,
        unpaid=state.unpaid,
        coverage=max(0, own) * limits.RATE // redeemed if redeemed else None,
        dry=state.dry,
    )
