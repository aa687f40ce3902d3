"""No link of the operator's pages leads where its reader may not go, or where nothing is."""

import re
from html import unescape

import pytest

from tests.losses.fall import award, declare, deposit, spend
from tests.web.serving import Served
from tests.web.settling import approved
from tests.world import one
from tongbao.kernel import clock
from tongbao.web import who

LINK = re.compile(r'href="(/[^"#]+)[^"]*"')
ASKED = re.compile(r"(search|cursor|sort|since|until|format)=[^&]*")
OF_A_KIND = 2
"""Pages of a kind that are looked at: each has the same links as the next."""


@pytest.fixture(scope="module")
def lived(served: Served) -> Served:
    """Let points be given and spent, a settlement be at the bank, and an issuer default."""
    for operation in (award(served.world, "A", 8_000), spend(served.world, "B", 8_000, "s")):
        assert one(served.db, operation, clock.now()).status == "posted"
    deposit(served.db, served.world, "A", 5_000)
    page = approved(served)
    assert served.send(f"{page}/files", {}).status_code == 303
    declare(served.db, served.world, "B")
    return served


def kind_of(path: str) -> str:
    """Give what stands for all pages of a kind."""
    return ASKED.sub(r"\1", re.sub(r"\d+", "#", path))


@pytest.mark.parametrize("role", who.OPERATOR)
def test_every_link_leads_somewhere_for_who_reads_it(lived: Served, role: str) -> None:
    lived.sign_in(role)
    waiting = [("/operator", ""), ("/account", "")]
    seen: set[tuple[str, str]] = set()
    looked: dict[str, int] = {}
    dead = []
    while waiting:
        path, source = waiting.pop()
        link = kind_of(path), kind_of(source).split("?")[0]
        if link in seen:
            continue
        seen.add(link)
        answer = lived.get(path)
        if answer.status_code >= 400 or "/sign-in" in answer.headers.get("location", ""):
            dead.append(f"{path} from {source}: {answer.status_code}")
            continue
        looked[link[0]] = looked.get(link[0], 0) + 1
        if looked[link[0]] > OF_A_KIND or "html" not in answer.headers.get("content-type", ""):
            continue
        waiting += [
            (unescape(found), path)
            for found in LINK.findall(answer.text)
            if not found.startswith(("/language", "/assets"))
        ]
    assert dead == []
    assert len(looked) > 25
