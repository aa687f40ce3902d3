"""The nouns of liability. Points and money are fen; months are dates of their first day."""

from datetime import date, datetime

from msgspec import Struct


class AsOf(Struct, frozen=True, kw_only=True):
    """How far to look: business times before ``before``, the journal up to ``position``.

    None: as far as there is anything.
    """

    before: datetime | None = None
    position: int | None = None

    @property
    def now(self) -> bool:
        """Say whether nothing is left out."""
        return self.before is None and self.position is None


NOW = AsOf()


class Cohort(Struct, frozen=True, kw_only=True, gc=False):
    """What became of the points that one issuer gave in one month.

    ``redeemed`` is less what refunds gave back; ``clawed_back`` is what returned sales, cancelled
    awards and adjustments took away; ``expired`` and ``forfeited`` ended unspent.
    """

    issuer_id: int
    cohort: date
    issued: int = 0
    redeemed: int = 0
    expired: int = 0
    forfeited: int = 0
    clawed_back: int = 0

    @property
    def given(self) -> int:
        """Points that stayed given: what was issued less what was taken back."""
        return self.issued - self.clawed_back

    @property
    def lost(self) -> int:
        """Points that ended unspent."""
        return self.expired + self.forfeited

    @property
    def outstanding(self) -> int:
        """Points that members still hold: what the issuer owes."""
        return self.given - self.redeemed - self.lost
