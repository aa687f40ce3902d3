"""The words of the pages in each language: texts, dates, money, plurals.

What is written in templates and code is English; ``locale/zh/*.po`` say it in Chinese, a file for
each subject. They are read at start, so that there is nothing to compile.
"""

import gettext
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tongbao.alliance import regions, romanised
from tongbao.kernel.errors import Refusal

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
NAMES: Final[dict[Language, str]] = {"zh": "中文", "en": "English"}
_LOCALES: Final = {"zh": Locale("zh", "CN", script="Hans"), "en": Locale("en", "GB")}
_MOMENT: Final = {"zh": "yyyy-MM-dd HH:mm", "en": "d MMM yyyy HH:mm"}
_DATE: Final = {"zh": "yyyy年M月d日", "en": "d MMM yyyy"}
_FEN: Final = Decimal(100)


def mark(text: str) -> str:
    """Mark a text of code as one to be translated where it is shown."""
    return text


class Words:
    """One language, at one place on earth."""

    def __init__(self, language: Language, zone: str) -> None:
        self.language = language
        self.locale = _LOCALES[language]
        self.zone = ZoneInfo(zone)
        self.catalogue = _translations(language)

    def say(self, text: str, /, **facts: object) -> str:
        """Say a text, with its ``%(facts)s``."""
        said = self.catalogue.gettext(text) if text else ""
        return said % facts if facts else said

    def count(self, number: int) -> str:
        """Write a whole number with thousands."""
        return str(numbers.format_decimal(number, locale=self.locale))

    def money(self, fen: int) -> str:
        """Write fen as yuan: ``¥1,234.50``."""
        amount = numbers.format_decimal(abs(fen) / _FEN, "#,##0.00", locale=self.locale)
        return f"{'−' if fen < 0 else ''}¥{amount}"

    def points(self, units: int) -> str:
        """Write points; hundredths only where there are any."""
        pattern = "#,##0.00" if units % 100 else "#,##0"
        return str(numbers.format_decimal(units / _FEN, f"{pattern};−{pattern}", locale="en"))

    def percent(self, ppm: int) -> str:
        """Write a rate of parts per million as per cent: ``1.25%``, ``−17.18%``."""
        rate = numbers.format_decimal(Decimal(abs(ppm)) / 10_000, "#,##0.##", locale=self.locale)
        return f"{'−' if ppm < 0 else ''}{rate}%"

    def short(self, day: date) -> str:
        """Write a day without its year, where many stand beside each other."""
        return str(dates.format_skeleton("MMMd", day, locale=self.locale))

    def month(self, month: date) -> str:
        """Write a month with its year."""
        return str(dates.format_skeleton("yMMM", month, locale=self.locale))

    def date(self, day: date | None) -> str:
        """Write a day; of a time, the day that it has in the alliance's zone."""
        if isinstance(day, datetime):
            day = day.astimezone(self.zone).date()
        if day is None:
            return "–"
        return dates.format_date(day, _DATE[self.language], locale=self.locale)

    def moment(self, at: datetime | None) -> str:
        """Write a time to the minute, in the alliance's zone."""
        if at is None:
            return "–"
        return dates.format_datetime(
            at, _MOMENT[self.language], tzinfo=self.zone, locale=self.locale
        )

    def span(self, time: timedelta) -> str:
        """Write how long something takes or has been, in one unit."""
        return dates.format_timedelta(time, locale=self.locale)

    def place(self, name: str) -> str:
        """Say the Chinese name of a place."""
        return romanised.english(name) if self.language == "en" else name

    def region(self, region: str) -> str:
        """Name a region of GB/T 2260; what is none stays as it is."""
        return self.place(regions.name(region)) if regions.is_known(region) else region

    def address(self, region: str) -> str:
        """Name a region and what it lies in, in the order of the language."""
        if not regions.is_known(region):
            return region
        names = regions.path(region)
        if self.language == "zh":
            return " ".join(names)
        return ", ".join(self.place(name) for name in reversed(names))

    def refusal(self, refusal: Refusal) -> str:
        """Say why something was refused; amounts among the facts are as the domain gives them."""
        return self.refused(refusal.text or refusal.code, refusal.facts)

    def refused(self, text: str, facts: Mapping[str, object]) -> str:
        """Say the text of a refusal with its ``{facts}``."""
        return self.catalogue.gettext(text).format_map(facts)


def chosen(cookie: str | None, accepted: str) -> Language:
    """Give the language that was chosen, else the best of ``Accept-Language``, else Chinese."""
    if cookie in LANGUAGES:
        return cookie
    for part in accepted.lower().split(","):
        code = part.partition(";")[0].strip()[:2]
        if code in LANGUAGES:
            return "en" if code == "en" else "zh"
    return "zh"


@cache
def of(language: Language, zone: str) -> Words:
    """Give the words of a language in a time zone."""
    return Words(language, zone)


def catalogues(language: Language) -> dict[str, Catalog]:
    """Read the catalogues of a language by the name of their file."""
    folder = files(__package__).joinpath("locale", language)
    if not folder.is_dir():
        return {}
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".po"):
            found[entry.name] = read_po(BytesIO(entry.read_bytes()), locale=language)
    return found


def merged(parts: Sequence[Catalog], language: Language) -> Catalog:
    """Put catalogues together."""
    whole = Catalog(locale=language)
    for part in parts:
        for message in part:
            if message.id:
                whole.add(message.id, message.string, context=message.context)
    return whole


@cache
def _translations(language: Language) -> gettext.NullTranslations:
    parts = list(catalogues(language).values())
    if not parts:
        return gettext.NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, merged(parts, language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
