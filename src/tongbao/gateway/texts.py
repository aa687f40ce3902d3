"""What a terminal may show of an answer that is no approval: few words, in its language.

Only terminals that ask for them at their sign-on are told them: many read ASCII and nothing else.
"""

from collections.abc import Mapping
from typing import Final, Literal, get_args

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

ENCODING: Final = "gb18030"
"""How they are written: what terminals in China show, and the same as ASCII where it is English."""

LONGEST: Final = 25
"""Bytes of field 44."""

TEXTS: Final[Mapping[str, Mapping[Language, str]]] = {
    "03": {"zh": "商户或终端不可用", "en": "Shop or till is barred"},
    "05": {"zh": "交易被拒绝", "en": "Refused"},
    "09": {"zh": "正在处理，请重发", "en": "Under way, send again"},
    "12": {"zh": "该笔交易不能这样处理", "en": "Not possible any more"},
    "13": {"zh": "金额有误", "en": "Wrong amount"},
    "14": {"zh": "找不到该会员", "en": "Member not found"},
    "21": {"zh": "已先冲正", "en": "Was reversed before"},
    "25": {"zh": "找不到原交易", "en": "Not found"},
    "30": {"zh": "报文格式有误", "en": "Message malformed"},
    "40": {"zh": "不支持此交易", "en": "Not served here"},
    "51": {"zh": "积分不足", "en": "Not enough points"},
    "54": {"zh": "付款码已失效", "en": "Payment code is over"},
    "58": {"zh": "请先签到", "en": "Sign on first"},
    "61": {"zh": "金额较大，须核实身份", "en": "Member must prove it"},
    "62": {"zh": "会员积分暂不可用", "en": "Points may not be used"},
    "63": {"zh": "签到被拒绝", "en": "Sign-on refused"},
    "65": {"zh": "超出限额", "en": "Over the limit"},
    "75": {"zh": "尝试过多，请稍后", "en": "Tried too often, wait"},
    "90": {"zh": "正在日切，请重发", "en": "Cut-off, send again"},
    "91": {"zh": "暂无应答，请重发", "en": "No answer, send again"},
    "94": {"zh": "流水号已被使用", "en": "Number was used before"},
    "95": {"zh": "对账不平", "en": "Totals differ"},
    "96": {"zh": "系统故障，请重发", "en": "Our fault, send again"},
}
"""Texts by response code (field 39)."""


def of(code: str, language: Language) -> str:
    """Give the text of a response code; there is one for each that is no approval."""
    return TEXTS[code][language]
