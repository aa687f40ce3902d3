"""Who wants to take part in the demo's alliance: applications in every state, after its month."""

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from tongbao.access.guesses import TooManyAttempts
from tongbao.bank.types import Details
from tongbao.joining import applications, decide
from tongbao.joining.types import Acceptance, Wanted
from tongbao.kernel.db import Connection

_BY: Final = "admin"
_ADDRESS: Final = "203.0.113.7"
_SECRET: Final = 43
_DAY: Final = timedelta(days=1)

QUESTION: Final = (
    "账户户名与营业执照不一致，账户属于谁？"
    " (The account is in another name than the licence; whose is it?)"
)
REASON: Final = (
    "该业务会把积分兑换成现金，联盟不允许。"
    " (Points would be changed into money there, which the alliance does not allow.)"
)


class Applicant(Struct, frozen=True, kw_only=True):
    """Somebody who applies, so many days before the demo ends; ``becomes`` says what is decided."""

    name: str
    credit_code: str
    format: str
    region: str
    outlet: str
    contact: str
    number: str
    holder: str | None = None
    days: int
    becomes: str = "submitted"


APPLICANTS: Final = (
    Applicant(
        name="上海梧桐里咖啡有限公司", credit_code="91310104MA1FR9X608", format="cafe",
        region="310104", outlet="梧桐里咖啡（武康路店）", contact="沈一鸣",
        number="6212263302012345671", days=9, becomes="accepted",
    ),
    Applicant(
        name="苏州兑兑乐商务服务有限公司", credit_code="91320508MA20QL6R8U", format="bank",
        region="320508", outlet="兑兑乐（观前街店）", contact="钱多",
        number="6217001210003456785", days=6, becomes="refused",
    ),
    Applicant(
        name="杭州青禾餐饮管理有限公司", credit_code="91330106MA2KH4Y51K", format="restaurant",
        region="330106", outlet="青禾小馆（文三路店）", contact="方晴",
        number="6228480030567890121", holder="方晴", days=3, becomes="asked",
    ),
    Applicant(
        name="上海山下面包有限公司", credit_code="91310115MA1K7Q3T2Q", format="cafe",
        region="310115", outlet="山下面包（世纪大道店）", contact="陆遥",
        number="6222021001116245819", days=2,
    ),
    Applicant(
        name="三亚听潮酒店管理有限公司", credit_code="91460200MA5TC8W33Q", format="hotel",
        region="460202", outlet="听潮酒店（海棠湾店）", contact="符海燕",
        number="6225880198765432103", days=1,
    ),
)  # fmt: skip


def apply(conn: Connection, at: datetime) -> None:
    """Let everybody apply, and the operator decide a day later; the caller's transaction.

    Comes after all operations, so that what it adds changes no id of theirs.
    """
    for n, applicant in enumerate(APPLICANTS, start=1):
        _apply(conn, applicant, n, at - applicant.days * _DAY)


def _apply(conn: Connection, applicant: Applicant, n: int, at: datetime) -> None:
    secret = f"demo-{n}".ljust(_SECRET, "0")
    token = applications.submit(conn, _wanted(applicant, n), secret, address=_ADDRESS, at=at)
    assert not isinstance(token, TooManyAttempts), "they are few"
    made, then = applications.look(conn, token).id, at + _DAY
    if applicant.becomes == "asked":
        decide.ask(conn, made, QUESTION, by=_BY, at=then)
    elif applicant.becomes == "refused":
        decide.refuse(conn, made, REASON, by=_BY, at=then)
    elif applicant.becomes == "accepted":
        how = Acceptance(code=f"joined-{n}", login=f"joined-{n}", terms=decide.USUAL)
        decide.accept(conn, made, how, by=_BY, at=then, today=then.date())


def _wanted(applicant: Applicant, n: int) -> Wanted:
    return Wanted(
        name=applicant.name,
        credit_code=applicant.credit_code,
        format=applicant.format,
        region=applicant.region,
        outlet=applicant.outlet,
        contact=applicant.contact,
        phone=f"1370000{n:04d}",
        account=Details(
            number=applicant.number, name=applicant.holder or applicant.name, cnaps="103100000026"
        ),
    )
