"""What a bank says of the payments it was sent (pain.002), status by status."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from tongbao.bank.camt_line import clean
from tongbao.bank.camt_values import time_of
from tongbao.bank.refusals import BankFileMalformed
from tongbao.bank.types import Head
from tongbao.bank.xml_reader import Event, Node, require
from tongbao.kernel import limits

MESSAGES: Final = ("pain.002.001.03", "pain.002.001.10")
CONTAINERS: Final = {"CstmrPmtStsRpt": ("Document",), "OrgnlPmtInfAndSts": ("CstmrPmtStsRpt",)}

REJECTED: Final = frozenset({"RJCT", "CANC"})
"""Statuses after which the bank will not move the money."""

_PARTLY: Final = frozenset({"PART", "PDNG", "RCVD"})


class Status(Struct, frozen=True, kw_only=True):
    """What the bank says of a payment, or (no ``end_to_end_id``) of all of file ``message_id``.

    ``reason`` is its code and its words.
    """

    message_id: str
    end_to_end_id: str | None
    status: str
    reason: str | None


def statuses(message: str, events: Iterator[Event]) -> Iterator[Head | Status]:
    """Read a report: its head, then statuses; refuses what ``xml_reader.read`` refuses.

    What is said of a whole file comes before what is said of its payments. That a file was taken
    in part says nothing that its payments do not say, and is left out.
    """
    headed, original = False, ""
    pieces: list[Node] = []
    for tag, node in events:
        match tag:
            case "CstmrPmtStsRpt/GrpHdr" if node is not None and not headed:
                headed = True
                yield Head(
                    message=message,
                    message_id=require(node, "MsgId"),
                    created_at=time_of(node, "CreDtTm"),
                )
            case "CstmrPmtStsRpt/OrgnlGrpInfAndSts" if node is not None:
                if not headed:
                    raise BankFileMalformed(line=node.line, reason="the group header is missing")
                original = require(node, "OrgnlMsgId")
                yield from _of_all(original, node, "GrpSts")
            case "OrgnlPmtInfAndSts":
                pieces = []
            case "OrgnlPmtInfAndSts/TxInfAndSts" if node is not None:
                yield from _before(original, pieces)
                yield from _of_one(original, node)
            case "/OrgnlPmtInfAndSts":
                yield from _before(original, pieces)
            case _ if node is not None and tag.startswith("OrgnlPmtInfAndSts/"):
                pieces.append(node)
    if not original:
        raise BankFileMalformed(line=1, reason="the report does not say what it is about")


def _before(original: str, pieces: list[Node]) -> Iterator[Status]:
    """Give the status of a block of payments, once; a file has one block, so it is the file's."""
    if pieces:
        block = Node("OrgnlPmtInfAndSts", pieces[0].line, None, "", list(pieces))
        pieces.clear()
        yield from _of_all(original, block, "PmtInfSts")


def _of_all(original: str, node: Node, path: str) -> Iterator[Status]:
    status = node.get(path)
    if status is not None and status not in _PARTLY:
        yield Status(
            message_id=original,
            end_to_end_id=None,
            status=clean(status, 4) or "",
            reason=_reason(node),
        )


def _of_one(original: str, node: Node) -> Iterator[Status]:
    if not original:
        raise BankFileMalformed(line=node.line, reason="the original message is not named")
    status = node.get("TxSts")
    if status is None or status in _PARTLY:
        return
    end_to_end_id = node.get("OrgnlEndToEndId") or require(node, "OrgnlInstrId")
    yield Status(
        message_id=original,
        end_to_end_id=end_to_end_id[: limits.CODE],
        status=clean(status, 4) or "",
        reason=_reason(node),
    )


def _reason(node: Node) -> str | None:
    """Give the code and the words of why, as one text."""
    said: list[str] = []
    for one in node.all("StsRsnInf"):
        said += [one.get("Rsn/Cd") or one.get("Rsn/Prtry") or ""]
        said += [more.text for more in one.all("AddtlInf")]
    return clean(" ".join(said), limits.NAME)
