"""Chinese names of places in Latin letters, as English texts and maps write them."""

import re
from functools import cache
from typing import Final

_KNOWN: Final = {
    # Names that English has of its own, or spells by another language than Chinese.
    "内蒙古自治区": "Inner Mongolia",
    "西藏自治区": "Tibet",
    "香港特别行政区": "Hong Kong",
    "澳门特别行政区": "Macao",
    "陕西省": "Shaanxi",
    "呼和浩特市": "Hohhot",
    "鄂尔多斯市": "Ordos",
    "呼伦贝尔市": "Hulunbuir",
    "巴彦淖尔市": "Bayannur",
    "乌兰察布市": "Ulanqab",
    "兴安盟": "Hinggan League",
    "锡林郭勒盟": "Xilingol League",
    "阿拉善盟": "Alxa League",
    "哈尔滨市": "Harbin",
    "齐齐哈尔市": "Qiqihar",
    "阿坝藏族羌族自治州": "Ngawa Prefecture",
    "甘孜藏族自治州": "Garzê Prefecture",
    "迪庆藏族自治州": "Dêqên Prefecture",
    "拉萨市": "Lhasa",
    "日喀则市": "Xigazê",
    "昌都市": "Qamdo",
    "林芝市": "Nyingchi",
    "那曲市": "Nagqu",
    "阿里地区": "Ngari Prefecture",
    "果洛藏族自治州": "Golog Prefecture",
    "乌鲁木齐市": "Ürümqi",
    "克拉玛依市": "Karamay",
    "吐鲁番市": "Turpan",
    "博尔塔拉蒙古自治州": "Bortala Prefecture",
    "巴音郭楞蒙古自治州": "Bayingolin Prefecture",
    "阿克苏地区": "Aksu Prefecture",
    "克孜勒苏柯尔克孜自治州": "Kizilsu Prefecture",
    "喀什地区": "Kashgar Prefecture",
    "和田地区": "Hotan Prefecture",
    "伊犁哈萨克自治州": "Ili Prefecture",
    "阿勒泰地区": "Altay Prefecture",
    "阿克苏市": "Aksu",
    "喀什市": "Kashgar",
    "和田市": "Hotan",
    "阿勒泰市": "Altay",
    "库尔勒市": "Korla",
    "格尔木市": "Golmud",
    "香格里拉市": "Shangri-La",
    "神农架林区": "Shennongjia Forestry District",
    # Names that are read otherwise than their characters are by themselves.
    "漯河市": "Luohe",
    "长子县": "Zhangzi County",
    "大城县": "Daicheng County",
    "洪洞县": "Hongtong County",
    "繁峙县": "Fanshi County",
    "泊头市": "Botou",
    "珲春市": "Hunchun",
    "闵行区": "Minhang District",
    "六合区": "Luhe District",
    "蚌山区": "Bengshan District",
    "涡阳县": "Guoyang County",
    "马尾区": "Mawei District",
    "单县": "Shan County",
    "牟平区": "Muping District",
    "乐陵市": "Laoling",
    "荥经县": "Yingjing County",
    "浚县": "Xun County",
    "叶县": "Ye County",
    "南乐县": "Nanle County",
    "曾都区": "Zengdu District",
    "佛冈县": "Fogang County",
    "佛坪县": "Foping County",
    "龙圩区": "Longxu District",
    "覃塘区": "Qintang District",
    "筠连县": "Junlian County",
    "称多县": "Chenduo County",
    "崆峒区": "Kongtong District",
    "蔚县": "Yu County",
    "宕昌县": "Tanchang County",
    "浪卡子县": "Langkazi County",
}

_KINDS: Final = (
    ("特别行政区", ""),
    ("自治区", ""),
    ("自治州", "Prefecture"),
    ("自治县", "County"),
    ("自治旗", "Banner"),
    ("地区", "Prefecture"),
    ("新区", "New Area"),
    ("矿区", "Mining District"),
    ("特区", "District"),
    ("省", ""),
    ("市", ""),
    ("盟", "League"),
    ("区", "District"),
    ("县", "County"),
    ("旗", "Banner"),
)
"""What places are: the ends of their names, longer ones first, and their English."""

_PEOPLES: Final = re.compile(
    "(?:(?:满|回|蒙古|达斡尔|鄂温克|朝鲜|畲|土家|苗|瑶|侗|壮|仫佬|毛南|黎|羌|彝|藏|仡佬|布依|水|傣|"
    "哈尼|纳西|拉祜|佤|布朗|白|独龙|怒|普米|傈僳|裕固|哈萨克|东乡|保安|撒拉|土|景颇)族"
    "|各族|蒙古|哈萨克|柯尔克孜|塔吉克|锡伯|维吾尔)+$"
)
"""Whose home a place is, which its short name leaves out."""

_READ: Final = {"长": "chang", "都": "du", "朝": "chao", "什": "shi"}
"""How characters are read in nearly all names of places, which is not their commonest reading."""

_SHORTEST: Final = 2
"""Characters of a name before a kind that is also an end of other names: 清新区 is 清新."""


_CHARACTERS: Final = re.compile("[\u4e00-\u9fff]+")


@cache
def english(name: str) -> str:
    """Write the Chinese name of a place in English: ``浦东新区`` as ``Pudong New Area``.

    Names are those of GB/T 2260, with what they are at their end. What is not written in Chinese
    characters stays as it is.
    """
    if name in _KNOWN or _CHARACTERS.fullmatch(name) is None:
        return _KNOWN.get(name, name)
    for end, kind in _KINDS:
        stem = name.removesuffix(end)
        if stem != name and len(stem) >= (_SHORTEST if end in ("新区", "矿区", "特区") else 1):
            spelled = _spelled(_PEOPLES.sub("", stem) or stem.removesuffix("族"))
            return f"{spelled} {kind}" if kind else spelled
    return _spelled(name)


def _spelled(text: str) -> str:
    """Spell a name in Pinyin without tones: ``西安`` as ``Xi'an``, ``吕梁`` as ``Lüliang``."""
    # Its dictionaries take a quarter of a second and 57 MB, and Chinese readers never need them.
    from pypinyin import lazy_pinyin

    spelled = ""
    for character, syllable in zip(text, lazy_pinyin(text, v_to_u=True), strict=True):
        spelled += "'" if spelled and syllable[0] in "aeo" else ""
        spelled += _READ.get(character, syllable)
    return spelled[:1].upper() + spelled[1:]
