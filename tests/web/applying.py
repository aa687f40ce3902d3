"""An applicant for the tests of pages: what it fills in, and its link."""

import re
from typing import Any

from tests.joining.wanting import CAFE
from tests.web.serving import Served

FIELDS: dict[str, Any] = {
    "province": "310000",
    "name": CAFE.name,
    "credit_code": CAFE.credit_code,
    "format": "cafe",
    "region": CAFE.region,
    "outlet": CAFE.outlet,
    "contact": CAFE.contact,
    "phone": CAFE.phone,
    "account_name": CAFE.account.name,
    "account_number": CAFE.account.number,
    "bank": CAFE.account.cnaps,
    "collect": "yes",
}
"""What the café fills in."""
ACCEPTED = {
    "code": "shiguang", "login": "shiguang", "site": "", "earn_rate": "1", "prepaid_share": "0",
    "reimbursement": "100", "acceptance_fee": "0.6", "issue_fee": "0", "expiry_months": "24",
    "credit_limit": "10,000", "cycle": "daily",
}  # fmt: skip
"""What the operator fills in when it accepts."""


def apply(served: Served, **changed: Any) -> str:
    """Apply as nobody who is signed in, and give the path of the link."""
    served.sign_in(None)
    answer = served.send("/join/apply", FIELDS | changed)
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"]
    assert re.fullmatch(r"/join/tba_\d+_[\w-]{43}", path)
    return str(path)


def number_of(path: str) -> str:
    """Give the number of the application that a link leads to."""
    return path.split("_")[1]
