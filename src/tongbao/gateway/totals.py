"""Batch totals (0500): what a till has added up, against the ledger."""

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Final

from tongbao.clearing import calendar
from tongbao.clearing.calendar import Cutover
from tongbao.gateway import codes
from tongbao.gateway.building import business_time
from tongbao.gateway.wire import Message
from tongbao.kernel.db import Connection
from tongbao.reconcile import till
from tongbao.reconcile.till_file import How
from tongbao.reconcile.types import Asked

_FIELDS: Final = {
    "74": ("credit", "here_count", 10),
    "76": ("debit", "here_count", 10),
    "77": ("reversal", "here_count", 10),
    "86": ("credit", "here_points", 16),
    "88": ("debit", "here_points", 16),
    "89": ("reversal", "here_points", 16),
}
"""Totals by field: what is added up, which sum of it, and how many digits it has."""


def compare(
    conn: Connection,
    message: Message,
    organisation: int,
    outlet: int,
    by: str,
    cutover: Cutover,
    at: datetime,
) -> dict[str, str]:
    """Compare an outlet's totals of a business day; give the fields of the answer.

    The day is that of fields 12 and 13, today without. A repeat is answered as before; the same
    totals in a new message are compared anew. Refuses ``message-field-malformed``.
    """
    said = {field: message.match(field, "[0-9]{1,16}") for field in _FIELDS}
    when = business_time(message, cutover.zone, at) or at
    asked = Asked(
        organisation_id=organisation,
        day=calendar.business_date(when, cutover),
        by=by,
        cutover=cutover,
        outlet_id=outlet,
        again=message.type == message.kind,
    )
    with tempfile.TemporaryDirectory(prefix="tongbao-totals-") as folder:
        file = Path(folder) / f"0500-{message.get('41') or 'outlet'}.csv"
        header = ",".join(f"de{field}" for field in said)
        file.write_text(f"{header}\n{','.join(said.values())}\n", "ascii")
        done = till.reconcile(conn, file, asked, at, How(amounts="fen"))
    sums = {one.subject: one for one in till.sums(conn, done.id)}
    ours = {
        field: f"{getattr(sums[subject], name) if subject in sums else 0:0{digits}d}"
        for field, (subject, name, digits) in _FIELDS.items()
    }
    balanced = done.balanced
    return {
        "39": codes.APPROVED if balanced else codes.OUT_OF_BALANCE,
        "66": "1" if balanced else "2",
        **ours,
    }
