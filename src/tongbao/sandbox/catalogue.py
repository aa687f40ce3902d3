"""Who takes part in the demo: invented merchants, the places they are in, and how they differ.

Any likeness to a real company is chance. Names are Chinese, with English in parentheses.
"""

from typing import Final

from msgspec import Struct

from tongbao.alliance.types import SiteKind


class Place(Struct, frozen=True):
    """A site of the demo: its code, name, kind and GB/T 2260 region."""

    code: str
    name: str
    kind: SiteKind
    region: str


class Business(Struct, frozen=True):
    """A format: its code, name, MCC, and the share of a cash bill that it usually gives in points.

    ``weight`` says how many sales one of its outlets has beside others, ``bill`` how large they
    are, in per cent of the average.
    """

    code: str
    name: str
    mcc: str
    earn_rate: int
    weight: int
    bill: int


class Merchant(Struct, frozen=True):
    """An organisation of the demo: code, name, format, and the sites where it has an outlet."""

    code: str
    name: str
    format: str
    sites: str


PLACES: Final = (
    Place("ja", "静安云廊 (Jing'an Arcade, Shanghai)", "mall", "310106"),
    Place("pd", "浦东星汇广场 (Xinghui Plaza, Shanghai)", "mall", "310115"),
    Place("cy", "朝阳北里城 (Beili City, Beijing)", "mall", "110105"),
    Place("jj", "锦江太古街 (Jinjiang Lanes, Chengdu)", "mall", "510104"),
    Place("ht", "海棠湾度假区 (Haitang Bay Resort, Sanya)", "resort", "460202"),
    Place("net", "通宝线上 (Tongbao Online)", "online", "310115"),
)

BUSINESSES: Final = (
    Business("cinema", "影院 (cinema)", "7832", 50_000, 9, 25),
    Business("karaoke", "歌房 (karaoke)", "7911", 40_000, 3, 60),
    Business("department", "百货 (department store)", "5311", 15_000, 10, 150),
    Business("hotel", "酒店 (hotel)", "7011", 30_000, 3, 250),
    Business("restaurant", "餐厅 (restaurant)", "5812", 20_000, 9, 60),
    Business("hotpot", "火锅 (hotpot)", "5812", 20_000, 8, 70),
    Business("cafe", "咖啡茶饮 (café)", "5814", 50_000, 14, 12),
    Business("supermarket", "超市 (supermarket)", "5411", 5_000, 16, 30),
    Business("bookshop", "书店 (bookshop)", "5942", 30_000, 4, 25),
    Business("playground", "儿童乐园 (children's playground)", "7996", 60_000, 4, 50),
    Business("beauty", "美容 (beauty)", "7230", 40_000, 3, 90),
    Business("fitness", "健身 (fitness)", "7997", 30_000, 3, 120),
)

BANK: Final = Merchant("dongjiang", "东江银行 (Dongjiang Bank)", "bank", "net")
"""The partner that sells points to its customers; it has no tills."""

BANK_FORMAT: Final = ("bank", "银行 (bank)", "6012")

MERCHANTS: Final = (
    Merchant("xinglan", "星澜影城 (Xinglan Cinema)", "cinema", "ja pd cy jj"),
    Merchant("guangying", "光影里 (Guangyingli Pictures)", "cinema", "ja cy"),
    Merchant("baimu", "白幕电影 (White Screen)", "cinema", "jj pd"),
    Merchant("mailang", "麦浪歌房 (Mailang Karaoke)", "karaoke", "pd jj"),
    Merchant("yeying", "夜莺歌坊 (Nightingale Karaoke)", "karaoke", "cy"),
    Merchant("haoting", "好听量贩 (Haoting Karaoke)", "karaoke", "ja"),
    Merchant("jinheng", "锦衡百货 (Jinheng Department Store)", "department", "ja pd jj"),
    Merchant("beili", "北里百货 (Beili Department Store)", "department", "cy"),
    Merchant("haitang", "海棠免税 (Haitang Duty Free)", "department", "ht"),
    Merchant("yunshang", "云上优选 (Cloud Select)", "department", "net"),
    Merchant("yunqili", "云栖里酒店 (Yunqili Hotels)", "hotel", "ja cy jj"),
    Merchant("yelin", "椰林湾度假 (Coconut Bay)", "hotel", "ht"),
    Merchant("wantao", "晚涛酒店 (Wantao Hotel)", "hotel", "ht pd"),
    Merchant("heping", "和风里客栈 (Hefengli Inn)", "hotel", "jj"),
    Merchant("jiangnan", "江南小灶 (Jiangnan Kitchen)", "restaurant", "ja pd"),
    Merchant("shuxiang", "蜀香阁楼 (Shuxiang House)", "restaurant", "jj cy"),
    Merchant("yuge", "渔歌海鲜 (Fisher's Song)", "restaurant", "ht"),
    Merchant("qingmai", "青麦西餐 (Green Wheat)", "restaurant", "pd cy"),
    Merchant("hutong", "胡同面铺 (Hutong Noodles)", "restaurant", "cy ja"),
    Merchant("hongguo", "红锅里 (Red Pot)", "hotpot", "ja pd cy jj"),
    Merchant("chuanyu", "川语火锅 (Chuanyu Hotpot)", "hotpot", "jj"),
    Merchant("tongguo", "小铜炉涮肉 (Little Copper Pot)", "hotpot", "cy pd"),
    Merchant("yibei", "一杯山 (One Cup Hill)", "cafe", "ja pd cy jj ht"),
    Merchant("douzi", "豆子与猫 (Bean and Cat)", "cafe", "ja jj"),
    Merchant("shanjian", "山间茶饮 (Shanjian Tea)", "cafe", "pd cy jj"),
    Merchant("chenguang", "晨麦烘焙 (Morning Wheat Bakery)", "cafe", "ja cy"),
    Merchant("xiandao", "鲜到门 (Fresh at the Door)", "supermarket", "net ja pd"),
    Merchant("baiwei", "百味里超市 (Baiwei Market)", "supermarket", "cy jj"),
    Merchant("guoyuan", "果园日记 (Orchard Diary)", "supermarket", "ja pd cy"),
    Merchant("shiguang", "拾页书店 (Shiye Books)", "bookshop", "ja jj"),
    Merchant("yejian", "灯下书屋 (Lamplight Books)", "bookshop", "cy"),
    Merchant("zhifeng", "纸风书局 (Paper Wind)", "bookshop", "pd net"),
    Merchant("xiaojing", "小鲸乐园 (Little Whale)", "playground", "ja pd cy jj"),
    Merchant("qimiao", "奇木森林 (Qimu Forest)", "playground", "jj ht"),
    Merchant("huajian", "花间美学 (Huajian Beauty)", "beauty", "ja cy"),
    Merchant("qingyan", "清言美肤 (Qingyan Skin)", "beauty", "pd"),
    Merchant("zhijian", "指尖小记 (Fingertips)", "beauty", "jj"),
    Merchant("randong", "燃点健身 (Ignition Fitness)", "fitness", "ja pd cy"),
    Merchant("jingxin", "静屿瑜伽 (Quiet Isle Yoga)", "fitness", "jj"),
)
"""39 merchants in the order of how well known they are within their format."""
