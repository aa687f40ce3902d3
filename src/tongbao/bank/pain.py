"""Payment files of ISO 20022: payouts as pain.001.001.09, collections as pain.008.001.02.

Written payment by payment, so that a file of any size takes the memory of one. Nothing but the
file and its payments goes into it: the same rows give the same bytes.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from tongbao.bank.fields import cut, element, leaf, moment, money, yuan
from tongbao.bank.types import Details, Payment, PaymentFile

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:"
CREDIT_TRANSFER: Final = "pain.001.001.09"
DIRECT_DEBIT: Final = "pain.008.001.02"

_PARTY: Final = 140
_ACCOUNT_NAME: Final = 70
_REMITTANCE: Final = 140


def write(file: PaymentFile, payments: Iterable[Payment]) -> Iterator[bytes]:
    """Write a payment file, in pieces; the payments come in their order in the file."""
    if file.kind == "payout":
        yield from _pieces(file, payments, CREDIT_TRANSFER, "CstmrCdtTrfInitn", _credit_transfer)
    else:
        yield from _pieces(file, payments, DIRECT_DEBIT, "CstmrDrctDbtInitn", _direct_debit)


def _pieces(
    file: PaymentFile,
    payments: Iterable[Payment],
    message: str,
    root: str,
    one: Callable[[PaymentFile, Payment], str],
) -> Iterator[bytes]:
    start = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="{NAMESPACE}{message}">\n<{root}>\n'
    )
    head = _transfers_head(file) if file.kind == "payout" else _debits_head(file)
    yield (start + _group(file) + "\n<PmtInf>" + head + "\n").encode()
    for payment in payments:
        yield (one(file, payment) + "\n").encode()
    yield f"</PmtInf>\n</{root}>\n</Document>\n".encode()


def _group(file: PaymentFile) -> str:
    return element(
        "GrpHdr",
        leaf("MsgId", file.message_id),
        leaf("CreDtTm", moment(file.made_at)),
        leaf("NbOfTxs", file.count),
        leaf("CtrlSum", yuan(file.amount)),
        element("InitgPty", leaf("Nm", cut(file.account.name, _PARTY))),
    )


def _transfers_head(file: PaymentFile) -> str:
    return (
        _information(file, "TRF")
        + element("ReqdExctnDt", leaf("Dt", file.execute_on.isoformat()))
        + _party("Dbtr", file.account)
        + _account("DbtrAcct", file.account)
        + _agent("DbtrAgt", file.account, "BICFI")
        + leaf("ChrgBr", "SHAR")
    )


def _debits_head(file: PaymentFile) -> str:
    return (
        _information(file, "DD", leaf("SeqTp", "RCUR"))
        + leaf("ReqdColltnDt", file.execute_on.isoformat())
        + _party("Cdtr", file.account)
        + _account("CdtrAcct", file.account)
        + _agent("CdtrAgt", file.account, "BIC")
        + leaf("ChrgBr", "SHAR")
    )


def _information(file: PaymentFile, method: str, more: str = "") -> str:
    """Write what both kinds begin with. Each payment is booked by itself, to be matched."""
    return (
        leaf("PmtInfId", file.message_id)
        + leaf("PmtMtd", method)
        + leaf("BtchBookg", "false")
        + leaf("NbOfTxs", file.count)
        + leaf("CtrlSum", yuan(file.amount))
        + element("PmtTpInf", leaf("InstrPrty", "NORM"), more)
    )


def _credit_transfer(file: PaymentFile, payment: Payment) -> str:
    return element(
        "CdtTrfTxInf",
        _identification(payment),
        element("Amt", money("InstdAmt", payment.amount)),
        _agent("CdtrAgt", payment.account, "BICFI"),
        _party("Cdtr", payment.account),
        _account("CdtrAcct", payment.account),
        _remittance(file),
    )


def _direct_debit(file: PaymentFile, payment: Payment) -> str:
    mandate, signed_on = payment.account.mandate, payment.account.signed_on
    assert mandate is not None, "who has no mandate is in no file of collections"
    assert signed_on is not None, "a mandate has its date"
    return element(
        "DrctDbtTxInf",
        _identification(payment),
        money("InstdAmt", payment.amount),
        element(
            "DrctDbtTx",
            element(
                "MndtRltdInf", leaf("MndtId", mandate), leaf("DtOfSgntr", signed_on.isoformat())
            ),
        ),
        _agent("DbtrAgt", payment.account, "BIC"),
        _party("Dbtr", payment.account),
        _account("DbtrAcct", payment.account),
        _remittance(file),
    )


def _identification(payment: Payment) -> str:
    return element(
        "PmtId",
        leaf("InstrId", payment.end_to_end_id),
        leaf("EndToEndId", payment.end_to_end_id),
    )


def _party(tag: str, account: Details) -> str:
    return element(tag, leaf("Nm", cut(account.name, _PARTY)))


def _account(tag: str, account: Details) -> str:
    return element(
        tag,
        element("Id", element("Othr", leaf("Id", account.number))),
        leaf("Ccy", "CNY"),
        leaf("Nm", cut(account.name, _ACCOUNT_NAME)),
    )


def _agent(tag: str, account: Details, bic: str) -> str:
    inside = "" if account.bic is None else leaf(bic, account.bic)
    if account.cnaps is not None:
        system = element("ClrSysId", leaf("Cd", "CNAPS"))
        inside += element("ClrSysMmbId", system, leaf("MmbId", account.cnaps))
    return element(tag, element("FinInstnId", inside))


def _remittance(file: PaymentFile) -> str:
    return element("RmtInf", leaf("Ustrd", cut(file.remittance, _REMITTANCE)))
