"""Every form of the operator's pages, sent empty, huge and malformed: it says what is wrong."""

import re
from html import unescape

import pytest

from tests.joining.wanting import apply
from tests.web.serving import Served
from tests.web.stepping import step_up
from tests.world import AT
from tongbao.desk import exceptions
from tongbao.joining import applications

FORM = re.compile(r'<form method="post" action="([^"]*)"[^>]*>(.*?)</form>', re.DOTALL)
FIELD = re.compile(
    r"<(input|textarea|select)\b([^>]*)>(.*?)(?=<(?:input|textarea|select|button)\b|$)", re.DOTALL
)
NAME = re.compile(r'\bname="([^"]+)"')
OPTION = re.compile(r'<option value="([^"]+)"')
BAD = {"empty": "", "huge": "9" * 3_000, "malformed": 'a<b>&"\x01 -1e5'}
UNDONE = ("why", "reason")
"""Fields without which, and with texts of any length in which, nothing may be done."""

PAGES = (
    "/operator/organisations/new",
    "/operator/organisations/{organisation}",
    "/operator/organisations/{organisation}/contract",
    "/operator/organisations/{organisation}/default",
    "/operator/organisations/{organisation}/propose/money",
    "/operator/organisations/{organisation}/propose/cap",
    "/operator/organisations/{organisation}/propose/account",
    "/operator/applications/{application}",
    "/operator/members/{member}",
    "/operator/members/{member}/privacy",
    "/operator/exceptions/{exception}",
    "/operator/disputes/new",
    "/operator/fund",
    "/operator/settings",
    "/operator/liability",
    "/operator/staff/new",
    "/operator/staff/{person}",
)


def forms_of(page: str) -> list[tuple[str, dict[str, str | None]]]:
    """Give where each form of a page goes, and its fields: with the first choice where one is."""
    found = []
    for action, inside in FORM.findall(page.partition("<main")[2]):
        if "form-label" not in inside:
            continue  # nothing is typed into it
        fields: dict[str, str | None] = {}
        for kind, attributes, rest in FIELD.findall(inside):
            name = NAME.search(attributes)
            if name is None or name[1].startswith("_"):
                continue
            options = OPTION.findall(rest) if kind == "select" else []
            hidden = re.search(r'type="hidden".*value="([^"]*)"', attributes)
            fields[name[1]] = hidden[1] if hidden else options[0] if options else None
        found.append((unescape(action), fields))
    return found


@pytest.fixture(scope="module")
def ids(served: Served) -> dict[str, int]:
    found = applications.look(served.db, apply(served.db))
    with served.db.transaction():
        raised = exceptions.raise_item(served.db, "till", None, "a till", {"points": 5}, AT)
    return {
        "organisation": served.world.organisations["A"],
        "member": served.world.members[0],
        "application": found.id,
        "exception": raised.id,
        "person": served.people["marketer"],
    }


@pytest.mark.parametrize("how", BAD)
def test_a_form_that_is_refused_says_why_to_whoever_reads_it(
    served: Served, ids: dict[str, int], how: str
) -> None:
    wrong = []
    refused = 0
    for page in PAGES:
        path = page.format(**ids)
        step_up(served, "admin")
        for action, fields in forms_of(served.get(path).text):
            asked = any(name in fields for name in UNDONE)
            sent = {
                name: value
                if value is not None and (how != "empty" or name == "what")
                else BAD[how]
                for name, value in fields.items()
            }
            answer = served.send(action or path, sent)
            said = re.findall(r'role="alert"[^>]*>(.*?)</div>', answer.text, re.DOTALL)
            if answer.status_code == 422:
                refused += 1
                if not said or any("must be one of" in one for one in said):
                    wrong.append(f"{action} {how}: {said}")
            elif answer.status_code >= 400 or (asked and answer.status_code != 422):
                wrong.append(f"{action} {how}: answers {answer.status_code}")
    assert wrong == []
    assert refused > 15
