"""The terms of a contract as forms have them: rates in per cent, amounts in yuan."""

from tongbao.alliance.types import Terms
from tongbao.kernel import limits
from tongbao.web import labels
from tongbao.web.forms import Form


def read(form: Form) -> Terms:
    """Read the terms of a form; refuses ``field-missing`` and ``amount-malformed``."""

    def rate(name: str) -> int:
        return form.fen(name) * (limits.RATE // 10_000)

    return Terms(
        earn_rate=rate("earn_rate"),
        prepaid_share=rate("prepaid_share"),
        reimbursement=rate("reimbursement"),
        acceptance_fee=rate("acceptance_fee"),
        issue_fee=rate("issue_fee"),
        expiry_months=form.number("expiry_months") if form.maybe("expiry_months") else None,
        credit_limit=form.fen("credit_limit") if form.maybe("credit_limit") else None,
        cycle=form.choice("cycle", tuple(labels.CYCLES)),  # type: ignore[arg-type]  # one of them
    )
