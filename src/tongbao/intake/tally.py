"""Tallies: what came of a file, summed chunk by chunk and kept with it."""

from typing import Final

from msgspec import Struct, field

from tongbao.intake.checkpoint import Q
from tongbao.kernel import arrays
from tongbao.kernel.db import Connection
from tongbao.points.outcome import Outcome

_TOP: Final = 10

_Subject = tuple[str, str, int, int]
"""Subject, code, issuer, redeemer."""


class Tally(Struct):
    """Counts and amounts (fen) by subject."""

    sums: dict[_Subject, tuple[int, int]] = field(default_factory=dict)

    def add(
        self, subject: str, amount: int = 0, *, count: int = 1, code: str = "",
        issuer: int = 0, redeemer: int = 0,
    ) -> None:  # fmt: skip
        """Count something once more."""
        key = (subject, code, issuer, redeemer)
        before = self.sums.get(key, (0, 0))
        self.sums[key] = (before[0] + count, before[1] + amount)

    def take(self, outcome: Outcome, organisation: int, amount: int) -> None:
        """Count what was posted for an organisation: a sale or a return of ``amount``."""
        if outcome.replayed:
            self.add("known")
            return
        if outcome.kind == "refund":
            self.add("returns", amount)
            if outcome.earned:
                self.add("clawbacks", -outcome.earned)
                self.add("clawed", -outcome.earned, issuer=organisation)
        else:
            self.add("sales", amount)
            if outcome.earned:
                self.add("awards", outcome.earned)
                self.add("issued", outcome.earned, issuer=organisation)
            if outcome.spent:
                self.add("redemptions", outcome.spent)
                for part in outcome.lots:
                    self.add("redeemed", part.points, issuer=part.issuer)
        if outcome.withheld is not None:
            self.add("withheld", code=outcome.withheld)
        for claim in outcome.claims:
            self.add("claim", claim.amount, issuer=claim.issuer, redeemer=claim.redeemer)


class Code(Struct, frozen=True):
    """How often something was refused or withheld for the same reason."""

    code: str
    count: int


class Issuer(Struct, frozen=True):
    """Points (fen) of one organisation: issued, clawed back by returns, spent anywhere."""

    organisation: str
    issued: int
    clawed: int
    redeemed: int


class Claims(Struct, frozen=True):
    """What one organisation owes another by a file's sales (fen), in ``count`` operations."""

    issuer: str
    redeemer: str
    count: int
    amount: int


class Sum(Struct, frozen=True):
    """How many, and how much together (fen)."""

    count: int = 0
    amount: int = 0


class Summary(Struct, frozen=True, kw_only=True):
    """What came of a file.

    ``rows`` are read rows, ``known`` are sales and returns that were imported before; money and
    points are fen. ``seconds`` and ``rows_per_second`` speak of the last run, ``resumed`` of
    whether it went on where another one was interrupted.
    """

    file: str
    rows: int
    sales: Sum
    awards: Sum
    redemptions: Sum
    returns: Sum
    clawbacks: Sum
    known: int
    enrolled: int
    rejected: int
    rejects_file: str | None
    refusals: tuple[Code, ...]
    withheld: tuple[Code, ...]
    issuers: tuple[Issuer, ...]
    claims: tuple[Claims, ...]
    claiming_pairs: Sum
    resumed: bool
    seconds: float
    rows_per_second: int


def write(conn: Connection, file: int, tally: Tally) -> None:
    """Add a chunk's sums to the file's."""
    keys, values = list(tally.sums), list(tally.sums.values())
    conn.execute(
        Q.add_tally,
        {
            "file": file,
            "subjects": arrays.words([subject for subject, _, _, _ in keys]),
            "codes": arrays.texts([code for _, code, _, _ in keys]),
            "issuers": arrays.ints([issuer for _, _, issuer, _ in keys]),
            "redeemers": arrays.ints([redeemer for _, _, _, redeemer in keys]),
            "counts": arrays.ints([count for count, _ in values]),
            "amounts": arrays.ints([amount for _, amount in values]),
        },
    )


def summarise(
    conn: Connection,
    file: int,
    name: str,
    *,
    rejects_file: str,
    resumed: bool,
    rows: int,
    seconds: float,
) -> Summary:
    """Sum up a file; ``rows`` and ``seconds`` are of the last run."""
    sums: dict[str, Sum] = {}
    codes: dict[str, list[Code]] = {"rejected": [], "withheld": []}
    for subject, code, count, amount in conn.execute(Q.counts, {"file": file}):
        sums[subject] = Sum(count, amount)
        if subject in codes:
            codes[subject].append(Code(code, count))
    top = {"file": file, "limit": _TOP}
    pairs = conn.execute(Q.claims_sum, {"file": file}).fetchone() or (0, 0)
    none = Sum()
    rejected = sum(code.count for code in codes["rejected"])
    return Summary(
        file=name,
        rows=sums.get("rows", none).count,
        sales=sums.get("sales", none),
        awards=sums.get("awards", none),
        redemptions=sums.get("redemptions", none),
        returns=sums.get("returns", none),
        clawbacks=sums.get("clawbacks", none),
        known=sums.get("known", none).count,
        enrolled=sums.get("enrolled", none).count,
        rejected=rejected,
        rejects_file=rejects_file if rejected else None,
        refusals=tuple(codes["rejected"]),
        withheld=tuple(codes["withheld"]),
        issuers=tuple(Issuer(*row) for row in conn.execute(Q.issuers, top)),
        claims=tuple(Claims(*row) for row in conn.execute(Q.claims, top)),
        claiming_pairs=Sum(*pairs),
        resumed=resumed,
        seconds=round(seconds, 3),
        rows_per_second=round(rows / seconds) if seconds else 0,
    )
