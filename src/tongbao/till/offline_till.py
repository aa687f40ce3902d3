"""A till that works offline: the reference client, for tests, sandboxes and whoever builds one.

It keeps its key, its grant and its lines in one text that can be written to disk after each line.
"""

from datetime import datetime
from typing import Self

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct
from msgspec.structs import replace

from tongbao.kernel.errors import Refused
from tongbao.till import signed
from tongbao.till.signed import Grant, Line, MemberKind


class AllowanceUsedUp(Refused):
    code = "allowance-used-up"
    text = "offline {left} fen may still be taken, {wanted} are wanted"


class GrantNotGenuine(Refused):
    code = "grant-not-genuine"
    text = "this grant was not signed by the operator for this terminal"


class _Kept(Struct, frozen=True):
    seed: str
    grant: Grant
    lines: list[Line]


class OfflineTill:
    """A terminal with a key of its own; ``seed`` is 32 bytes of chance that never leave it."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._grant: Grant | None = None
        self.lines: list[Line] = []

    @property
    def public_key(self) -> str:
        """The public half of the key, to be registered (hex)."""
        return signed.public_hex(self._key)

    def take(self, grant: Grant, operators_key: str) -> None:
        """Begin a new chain under a grant; refuses ``grant-not-genuine``."""
        message = signed.grant_message(grant)
        genuine = signed.is_signed(bytes.fromhex(operators_key), message, grant.signature)
        if not genuine or grant.public_key != self.public_key:
            raise GrantNotGenuine
        self._grant = grant
        self.lines = []

    def spend(
        self,
        member_kind: MemberKind,
        member: str,
        amount: int,
        points: int,
        at: datetime,
        reference: str = "",
    ) -> Line:
        """Take ``points`` (fen) for a bill of ``amount``; refuses ``allowance-used-up``."""
        grant = self._granted()
        taken = [line for line in self.lines if line.kind == "spend"]
        left = min(
            grant.spend_points - sum(line.points for line in taken),
            grant.member_points - sum(line.points for line in taken if line.member == member),
        )
        self._check(left, points, at)
        return self._write("spend", member_kind, member, amount, points, at, reference)

    def award(
        self, member_kind: MemberKind, member: str, amount: int, at: datetime, reference: str = ""
    ) -> Line:
        """Let a sale of ``amount`` (fen) earn; refuses ``allowance-used-up``."""
        sold = sum(line.amount for line in self.lines if line.kind == "award")
        self._check(self._granted().award_amount - sold, amount, at)
        return self._write("award", member_kind, member, amount, 0, at, reference)

    def dump(self) -> str:
        """Write all that must survive a power cut as one text, the key included."""
        seed = self._key.private_bytes_raw().hex()
        return msgspec.json.encode(_Kept(seed, self._granted(), self.lines)).decode()

    @classmethod
    def load(cls, text: str) -> Self:
        """Read what ``dump`` wrote."""
        kept = msgspec.json.decode(text, type=_Kept)
        till = cls(bytes.fromhex(kept.seed))
        till._grant, till.lines = kept.grant, kept.lines
        return till

    def _granted(self) -> Grant:
        if self._grant is None:
            raise AllowanceUsedUp(left=0, wanted=0)
        return self._grant

    def _check(self, left: int, wanted: int, at: datetime) -> None:
        grant = self._granted()
        if not grant.valid_from <= at <= grant.valid_until:
            left = 0
        if wanted > left or (wanted == 0 and not left):
            raise AllowanceUsedUp(left=left, wanted=wanted)

    def _write(
        self,
        kind: signed.Kind,
        member_kind: MemberKind,
        member: str,
        amount: int,
        points: int,
        at: datetime,
        reference: str,
    ) -> Line:
        before = self.lines[-1] if self.lines else None
        message = (
            signed.grant_message(self._granted()) if before is None else signed.line_message(before)
        )
        line = Line(
            allowance=self._granted().allowance,
            counter=len(self.lines) + 1,
            prev=signed.hash_of(message),
            kind=kind,
            at=at,
            member_kind=member_kind,
            member=member,
            amount=amount,
            points=points,
            reference=reference,
        )
        line = replace(line, signature=signed.sign(self._key, signed.line_message(line)))
        self.lines.append(line)
        return line
