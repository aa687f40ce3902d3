"""Payment files as CSV, for banks whose form for many payments is a table."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Final

from tongbao.bank.fields import yuan
from tongbao.bank.types import Payment, PaymentFile

COLUMNS: Final = (
    "message_id", "end_to_end_id", "kind", "execute_on", "amount", "currency",
    "own_account", "account", "name", "bic", "cnaps", "mandate", "signed_on", "remittance",
)  # fmt: skip
_MARK: Final = b"\xef\xbb\xbf"


def write(file: PaymentFile, payments: Iterable[Payment]) -> Iterator[bytes]:
    """Write a payment file as CSV, a row for each payment.

    UTF-8 with a byte order mark, without which spreadsheets show Chinese names as noise.
    """
    buffer = StringIO(newline="")
    rows = csv.writer(buffer, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    yield _MARK + _take(buffer)
    for payment in payments:
        account = payment.account
        rows.writerow(
            (
                file.message_id,
                payment.end_to_end_id,
                file.kind,
                file.execute_on.isoformat(),
                yuan(payment.amount),
                "CNY",
                file.account.number,
                account.number,
                account.name,
                account.bic or "",
                account.cnaps or "",
                account.mandate or "",
                account.signed_on.isoformat() if account.signed_on else "",
                file.remittance,
            )
        )
        yield _take(buffer)


def _take(buffer: StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
