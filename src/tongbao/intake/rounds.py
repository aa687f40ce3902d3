"""Rounds: what must be known of a receipt before the next one of the same member is decided.

Within a round no receipt leans on what another one of the same round does, so that a round is
posted as one batch.
"""

from collections.abc import Sequence

from tongbao.intake.intents import Intent


def plan_rounds(intents: Sequence[Intent], *, spends: bool) -> list[list[Intent]]:
    """Put intents into rounds, each in the order of the file.

    A return leans on the sales before it; with ``spends`` so does every sale, because what a
    member has decides what it spends.
    """
    rounds: list[list[Intent]] = []
    last: dict[int | tuple[int, str], int] = {}
    for intent in intents:
        scope = intent.outlet.organisation_id
        touched: list[int | tuple[int, str]] = [intent.member]
        touched += [(scope, back.original_key) for back in intent.returns if back.original_key]
        before = max((last[name] for name in touched if name in last), default=-1)
        leans = bool(intent.returns) or (spends and intent.sale is not None)
        place = before + 1 if leans else max(before, 0)
        if place == len(rounds):
            rounds.append([])
        rounds[place].append(intent)
        last[intent.member] = place
        if intent.sale is not None:
            last[scope, intent.sale.key] = place
    return rounds
