"""What a list is narrowed to: what is searched for, between which days, and what was chosen.

People search for what they read. A value that stands in the database as a code is found by what
the pages call it, in every language: the list says what that is.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from psycopg import sql as compose

from tongbao.kernel import arrays
from tongbao.web import told, words
from tongbao.web.words import Words

if TYPE_CHECKING:
    from tongbao.web.lists import Asked, Listing

_WORDS: Final = 8
"""Words of a search that are looked for; more of them narrow nothing."""


Conditions = tuple[list[compose.Composable], dict[str, Any]]
"""What rows must fulfil, and the parameters of it."""


def searched(listing: "Listing", asked: "Asked", spoken: Words) -> Conditions:
    """Say that what is searched for stands in the list, or in what a value of it is called.

    It stands as it is in a column. Of a list whose texts are made of parts, each word stands
    somewhere.
    """
    where: list[compose.Composable] = []
    values: dict[str, Any] = {}
    if listing.search:
        whole = [asked.search] if asked.search else []
        for n, word in enumerate(words_of(asked.search) if listing.within else whole):
            where.append(_found(listing, asked, word, f"search_{n}", spoken, values))
    return where, values


def narrowed(listing: "Listing", asked: "Asked", spoken: Words) -> Conditions:
    """Say between which days rows are, and what was chosen of them."""
    where: list[compose.Composable] = []
    values: dict[str, Any] = {}
    if listing.dates is not None and not listing.sums:
        for name, sign, day in (("since", ">=", asked.since), ("until", "<", after(asked.until))):
            if day is not None:
                # A day as the list has it is moved by no zone.
                begins = datetime.combine(day, time(), spoken.zone)
                values[name] = day if listing.days else begins
                where.append(
                    compose.SQL("{} " + sign + " {}").format(
                        compose.Identifier(listing.dates), compose.Placeholder(name)
                    )
                )
    for name, value in asked.chosen.items():
        values[f"chosen_{name}"] = value
        where.append(
            compose.SQL("{} = {}").format(
                compose.Identifier(name), compose.Placeholder(f"chosen_{name}")
            )
        )
    return where, values


def words_of(search: str) -> list[str]:
    """Give the words of a search that are looked for."""
    return search.split()[:_WORDS]


def _found(
    listing: "Listing",
    asked: "Asked",
    word: str,
    name: str,
    spoken: Words,
    values: dict[str, Any],
) -> compose.Composable:
    """Say that a word stands in one of the columns, or in what one of their values is called."""
    values[name] = f"%{literal(word)}%"
    ways: list[compose.Composable] = [
        compose.SQL("{}::text ILIKE {}").format(
            compose.Identifier(column), compose.Placeholder(name)
        )
        for column in listing.search
    ]
    ways += [
        _by_name(column.name, name, asked.whose, values)
        for column in listing.columns
        if column.kind == "person" and column.name in listing.search
    ]
    said = {
        column.name: {**told.DOERS, **column.says} if column.kind == "person" else column.says
        for column in listing.columns
    }
    for column in listing.search:
        exact = list(_meant(said.get(column, {}), word, spoken))
        parts = list(_meant(listing.within.get(column, {}), word, spoken))
        for kind, sign, patterns in (
            ("is", "=", exact),
            ("has", "LIKE", [f"%{literal(part)}%" for part in parts]),
        ):
            if patterns:
                values[f"{name}_{kind}_{column}"] = arrays.texts(patterns)
                ways.append(
                    compose.SQL("{}::text " + sign + " ANY({}::text[])").format(
                        compose.Identifier(column),
                        compose.Placeholder(f"{name}_{kind}_{column}"),
                    )
                )
    return compose.SQL("({})").format(compose.SQL(" OR ").join(ways))


def _by_name(
    column: str, name: str, whose: int | None, values: dict[str, Any]
) -> compose.Composable:
    """Say that a column has what somebody signs in with who is called by the word."""
    values["whose"] = whose
    return compose.SQL(
        "{}::text IN (SELECT s.login FROM access.staff AS s WHERE s.name ILIKE {}"
        " AND ({}::bigint IS NULL OR s.organisation_id = {}))"
    ).format(
        compose.Identifier(column),
        compose.Placeholder(name),
        compose.Placeholder("whose"),
        compose.Placeholder("whose"),
    )


def _meant(called: Mapping[str, str], word: str, spoken: Words) -> Iterator[str]:
    """Give the values that some language calls by a name with a word in it."""
    wanted = word.casefold()
    everywhere = [words.of(language, spoken.zone.key) for language in words.LANGUAGES]
    for value, text in called.items():
        if any(wanted in one.say(text).casefold() for one in everywhere):
            yield value


def literal(text: str) -> str:
    """Give a text that stands for itself in a pattern."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def after(day: date | None) -> date | None:
    """Give the day after one."""
    return None if day is None else day + timedelta(days=1)
