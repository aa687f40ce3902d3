"""The waterfall: who bears a loss, step by step. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from tongbao.kernel.amounts import split
from tongbao.losses.types import SHARED, STEPS, Share, Source, Step


def waterfall(
    loss: int, sources: Iterable[Source], caps: Mapping[int, int] | None = None
) -> list[Share]:
    """Give who bears ``loss`` (fen), in the order of the steps and of ids within a step.

    A step begins when those before it have given all they can. Within a step all bear in
    proportion to their weights, nobody more than its limit; what one cannot bear is borne by the
    others. ``caps`` is the most that an organisation bears in the steps of ``SHARED`` together.
    Fen that do not divide go by the largest remainder, ties by id. The shares sum to the loss, or
    to all that the sources can bear.
    """
    room = dict(caps or {})
    by_step: dict[Step, list[Source]] = {}
    for source in sources:
        if source.weight > 0:
            by_step.setdefault(source.step, []).append(source)
    shares: list[Share] = []
    left = loss
    for step in STEPS:
        bearers = sorted(by_step.get(step, ()), key=lambda source: source.organisation_id)
        limits = [_limit(source, room, left) for source in bearers]
        amounts = share_out(left, [source.weight for source in bearers], limits)
        for source, amount in zip(bearers, amounts, strict=True):
            if not amount:
                continue
            who = source.organisation_id
            shares.append(Share(step=step, organisation_id=who, amount=amount))
            left -= amount
            if step in SHARED and who in room:
                room[who] -= amount
    return shares


def share_out(amount: int, weights: Sequence[int], limits: Sequence[int]) -> list[int]:
    """Split ``amount`` (fen) in proportion to ``weights`` (above zero), none above its limit.

    What one cannot take is split among the others; what is beyond all limits is left out.
    Largest remainder, ties go to the earlier place.
    """
    shares = [0] * len(weights)
    left = min(amount, sum(limits))
    whole = sum(weights)
    # Those who fill up first come first. Each that does raises what the others bear, never lowers.
    order = sorted(range(len(weights)), key=lambda i: (Fraction(limits[i], weights[i]), i))
    for place, i in enumerate(order):
        if left * weights[i] < limits[i] * whole:
            rest = sorted(order[place:])
            for j, part in zip(rest, split(left, [weights[j] for j in rest]), strict=True):
                shares[j] = part
            break
        shares[i] = limits[i]
        left -= limits[i]
        whole -= weights[i]
    return shares


def _limit(source: Source, room: Mapping[int, int], left: int) -> int:
    limit = left if source.limit is None else source.limit
    if source.step in SHARED:
        limit = min(limit, room.get(source.organisation_id, limit))
    return max(0, limit)
