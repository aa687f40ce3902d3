"""Measure the pages: ask for each as somebody does who follows every link, and time the answers.

Of each kind of address (numbers aside) a few are asked; of each list also its next page, its other
orders, a search that finds something and one that finds nothing, and its oldest day.
"""

import gzip
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from http.client import HTTPConnection
from itertools import count
from time import perf_counter
from typing import Final
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from msgspec import Struct

from tongbao.sandbox.served import Service

GOAL_MS: Final = 300
"""What is aimed at for 95 answers in 100; nothing fails because it is slower."""

_EACH: Final = 3
"""Addresses of one kind that are asked."""

_LINK: Final = re.compile(r'\shref="([^"#]+)"')
_NUMBER: Final = re.compile(r"(?<=/)\d+(?:-\d+)?(?=/|$)")
GONE: Final = 400
"""The least status of what is not there."""

_OK: Final = 200

_SEARCHES: Final = ("7", "nowhere")
"""What lists are searched for: a digit stands in many rows; for a word in none all are read."""


class Visitor(Struct, frozen=True, kw_only=True):
    """Who asks: a role, the cookie of a session, and where to begin."""

    role: str
    cookie: str
    begins: tuple[str, ...]


class Answer(Struct, frozen=True, kw_only=True):
    """How one address was answered: after how long, with how much, as sent to a browser."""

    path: str
    status: int
    milliseconds: float
    bytes: int


class Kind(Struct, frozen=True, kw_only=True):
    """How one kind of page was answered; ``slowest`` is the address that took longest."""

    role: str
    kind: str
    asked: int
    p50_ms: float
    p95_ms: float
    kb: float
    slowest: str


def visit(
    service: Service, visitor: Visitor, day: str, times: int, tell: Callable[[int], None]
) -> list[Answer]:
    """Ask for all that is linked from where a visitor begins, each page ``times`` times.

    ``day`` is the oldest on which something happened. What leads nowhere is answered once.
    """
    line = HTTPConnection(service.host, service.port, timeout=120)
    answers: list[Answer] = []
    kinds: Counter[str] = Counter()
    waiting = list(dict.fromkeys(visitor.begins))
    for place in count():
        if place == len(waiting):
            break
        path = waiting[place]
        if kinds[kind_of(path)] >= _EACH:
            continue
        first, text = _ask(line, visitor, path)
        if first.status >= GONE:
            answers.append(first)
        if first.status != _OK or not text:
            continue
        kinds[kind_of(path)] += 1
        answers += [_ask(line, visitor, path)[0] for _ in range(times)]
        tell(1)
        known = set(waiting)
        waiting += [one for one in _next(path, text, day) if one not in known]
    line.close()
    return answers


def kind_of(path: str) -> str:
    """Give what kind of page an address is: its path without numbers, and what is asked of it."""
    parts = urlsplit(path)
    asked = (
        f"{name}={value}" if name == "sort" or value == _SEARCHES[1] else name
        for name, value in parse_qsl(parts.query)
        if name != "until"
    )
    return "?".join(filter(None, (_NUMBER.sub("…", parts.path), "&".join(asked))))


def summed(role: str, answers: Iterable[Answer]) -> list[Kind]:
    """Sum up by kind what was answered, the slowest first."""
    by_kind: defaultdict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        if answer.status == _OK:
            by_kind[kind_of(answer.path)].append(answer)
    kinds = [
        Kind(
            role=role,
            kind=kind,
            asked=len(found),
            p50_ms=at_least(50, found),
            p95_ms=at_least(95, found),
            kb=round(max(one.bytes for one in found) / 1_000, 1),
            slowest=max(found, key=lambda one: one.milliseconds).path,
        )
        for kind, found in by_kind.items()
    ]
    return sorted(kinds, key=lambda kind: -kind.p95_ms)


def at_least(percent: int, answers: Iterable[Answer]) -> float:
    """Give the time (ms) within which so many in a hundred were answered; nearest rank."""
    times = sorted(answer.milliseconds for answer in answers if answer.status == _OK)
    return round(times[math.ceil(len(times) * percent / 100) - 1], 1)


def _ask(line: HTTPConnection, visitor: Visitor, path: str) -> tuple[Answer, str]:
    """Ask once; give the answer, and the page where it is one."""
    plain = {"Cookie": visitor.cookie, "Accept": "text/html"}
    began = perf_counter()
    line.request("GET", path, headers={**plain, "Accept-Encoding": "gzip"})
    got = line.getresponse()
    body = got.read()
    taken = (perf_counter() - began) * 1_000
    text = ""
    if got.status == _OK and got.headers.get_content_type() == "text/html":
        packed = got.headers.get("Content-Encoding") == "gzip"
        text = (gzip.decompress(body) if packed else body).decode("utf-8")
    answer = Answer(path=path, status=got.status, milliseconds=taken, bytes=len(body))
    return answer, text


def _next(path: str, text: str, day: str) -> list[str]:
    """Give what a page leads to: its links, and what may be asked of it if it is a list."""
    found = [urljoin(path, link.replace("&amp;", "&")) for link in _LINK.findall(text)]
    found = [one for one in found if one.startswith("/") and _is_page(one)]
    here = urlsplit(path)
    if not here.query:
        if 'name="search"' in text:
            found += [f"{here.path}?search={word}" for word in _SEARCHES]
        if 'name="since"' in text:
            found.append(f"{here.path}?{urlencode({'since': day, 'until': day})}")
    return found


def _is_page(path: str) -> bool:
    parts = urlsplit(path)
    return "format=" not in parts.query and "." not in parts.path and parts.path != "/schema"
