"""Keys, webhooks, statements and tills of a merchant: one's own, shown once, in order or not."""

import base64
import json
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.announced import wait
from tests.web.serving import Served
from tests.web.stepping import step_up
from tests.world import one
from tongbao.access import keys, sealing, signing
from tongbao.clearing import windows
from tongbao.kernel import clock
from tongbao.kernel.settings import DEVELOPMENT_SECRET
from tongbao.points import operations as ops
from tongbao.webhooks import deliveries, endpoints, fanout

SECRET = re.compile(r'id="secret">([A-Za-z0-9+/]{43}=)<')
KEY = re.compile(r"tbk_\d+_[\w-]{43}")
HOOK = {"name": "shop", "url": "https://shop.example/hook"}


@pytest.fixture(scope="module")
def lived(served: Served) -> Served:
    """Give points at A, spend some at B, and close the window."""
    world, at = served.world, clock.now()
    till: dict[str, Any] = {"member": world.members[0]}
    a, b = world.organisations["A"], world.organisations["B"]
    one(
        served.db, ops.Award(key="a1", scope=a, outlet=world.outlets["A"], points=9_000, **till), at
    )
    one(
        served.db,
        ops.Purchase(
            key="p1", scope=b, outlet=world.outlets["B"], amount=5_000, points=5_000, **till
        ),
        at,
    )
    with served.db.transaction():
        windows.close(served.db, clock.now())
    return served


def tell(lived: Served) -> None:
    """Queue what was announced, as the worker does."""
    wait(lived.db)
    with lived.db.transaction():
        fanout.fan_out(lived.db, clock.now())


def test_a_key_is_shown_once_and_lets_in_with_no_more_than_was_ticked(lived: Served) -> None:
    lived.sign_in("manager")
    fields = {"name": "till-7", "role": "cashier", "scope": ["points:read", "points:write"]}
    assert "/account" in lived.send("/merchant/keys/new", fields).headers["location"]
    step_up(lived, "manager")
    form = secrets.token_urlsafe(18)
    first = lived.send("/merchant/keys/new", fields, key=form)
    token = KEY.search(first.text)
    assert token is not None
    caller = keys.check(lived.db, token[0], clock.now())
    assert caller.scopes == {"points:read", "points:write"}
    assert caller.organisation_id == lived.world.organisations["A"]
    again = lived.send("/merchant/keys/new", fields, key=form)
    assert (again.status_code, KEY.search(again.text)) == (303, None)
    assert "till-7" in lived.get("/merchant/keys").text
    assert token[0] not in lived.get(again.headers["location"]).text
    beyond = lived.send("/merchant/keys/new", fields | {"scope": ["keys:write"]})
    assert (beyond.status_code, "scope-not-allowed" in beyond.text) == (422, True)


def test_a_key_is_replaced_and_revoked(lived: Served) -> None:
    step_up(lived, "manager")
    made = lived.send("/merchant/keys/new", {"name": "app", "role": "partner"})
    token = KEY.search(made.text)
    assert token is not None
    page = f"/merchant/keys/{token[0].split('_')[1]}"
    rotated = KEY.search(lived.send(f"{page}/rotate", {"overlap": "0"}).text)
    assert rotated is not None
    with pytest.raises(keys.KeyUnknown):
        keys.check(lived.db, token[0], clock.now() + timedelta(seconds=1))
    assert keys.check(lived.db, rotated[0], clock.now()).name == "app"
    assert "Replace it" not in lived.get(page).text
    fresh = f"/merchant/keys/{rotated[0].split('_')[1]}"
    assert lived.send(f"{fresh}/revoke", {}).status_code == 303
    assert "Revoked" in lived.get(fresh).text
    with pytest.raises(keys.KeyUnknown):
        keys.check(lived.db, rotated[0], clock.now())


def test_a_key_is_made_to_sign_with_a_secret_that_is_shown_once(lived: Served) -> None:
    step_up(lived, "manager")
    made = KEY.search(lived.send("/merchant/keys/new", {"name": "pos", "role": "cashier"}).text)
    assert made is not None
    number = int(made[0].split("_")[1])
    page, form = f"/merchant/keys/{number}", secrets.token_urlsafe(18)
    first = lived.send(f"{page}/sign", {"how": "required"}, key=form)
    secret = SECRET.search(first.text)
    assert secret is not None
    again = lived.send(f"{page}/sign", {"how": "required"}, key=form)
    assert (again.status_code, again.headers["location"]) == (303, page)
    assert secret[1] not in lived.get(page).text
    with pytest.raises(keys.SignatureNeeded):
        keys.check(lived.db, made[0], clock.now())
    assert opened(lived, number) == base64.b64decode(secret[1])
    assert "must sign" in lived.get("/merchant/keys?signs=required").text
    newer = SECRET.search(lived.send(f"{page}/sign", {"how": "optional"}).text)
    assert newer is not None
    assert opened(lived, number) == base64.b64decode(newer[1]) != base64.b64decode(secret[1])
    assert keys.check(lived.db, made[0], clock.now()).name == "pos"
    assert lived.send(f"{page}/unsign", {}).status_code == 303
    assert keys.signer(lived.db, number, clock.now()) is None
    # What takes the place of a key that must sign has to be given a secret of its own.
    lived.send(f"{page}/sign", {"how": "required"})
    rotated = KEY.search(lived.send(f"{page}/rotate", {"overlap": "0"}).text)
    assert rotated is not None
    fresh = f"/merchant/keys/{rotated[0].split('_')[1]}"
    assert "it has no secret yet: make one" in lived.get(fresh).text
    lived.sign_in("auditor")
    log = lived.get("/operator/audit").text
    assert "Signing of a key begun" in log
    assert "Signing of a key ended" in log


def opened(lived: Served, number: int) -> bytes:
    """Give the secret that a key signs with, as the door opens it."""
    found = keys.signer(lived.db, number, clock.now())
    assert found is not None
    return sealing.unseal(found[1], signing.use(number), DEVELOPMENT_SECRET)


def test_signing_needs_a_fresh_code(lived: Served) -> None:
    with lived.db.transaction():
        made, _ = keys.create(
            lived.db, lived.world.organisations["A"], "cashier", "till", secrets.token_urlsafe(32),
            by="Lin", at=clock.now(),
        )  # fmt: skip
    lived.sign_in("manager")
    for what in ("sign", "unsign"):
        sent = lived.send(f"/merchant/keys/{made.id}/{what}", {"how": "required"})
        assert sent.headers["location"].startswith(("/code", "/account"))
    assert not keys.get(lived.db, made.id).signs


def test_anothers_keys_webhooks_and_tills_are_not_there(lived: Served) -> None:
    b, at = lived.world.organisations["B"], clock.now()
    theirs, _ = keys.create(
        lived.db, b, "cashier", "theirs", secrets.token_urlsafe(32), by="Wu", at=at
    )
    hook = endpoints.create(
        lived.db, b, HOOK["url"], [], "theirs", secrets.token_bytes(32), by="Wu", at=at,
        allowed=(), key="x",
    )  # fmt: skip
    step_up(lived, "manager")
    for path in (f"keys/{theirs.id}", f"webhooks/{hook.id}", "reconciliations/999"):
        assert lived.get(f"/merchant/{path}").status_code == 404
    for path in (
        f"keys/{theirs.id}/revoke", f"keys/{theirs.id}/sign", f"keys/{theirs.id}/unsign",
        f"webhooks/{hook.id}/change", f"webhooks/{hook.id}/replay",
    ):  # fmt: skip
        sent = {"action": "delete", "how": "required", "since": "2026-05-01T00:00"}
        assert lived.send(f"/merchant/{path}", sent).status_code == 404
    assert "theirs" not in lived.get("/merchant/keys").text
    assert "theirs" not in lived.get("/merchant/webhooks").text
    assert keys.get(lived.db, theirs.id).revoked_at is None


def test_a_webhook_is_set_up_tried_paused_and_deleted(lived: Served) -> None:
    step_up(lived, "manager")
    for language, text in (("en", "A purchase was posted"), ("zh", "消费已入账")):
        offered = lived.get("/merchant/webhooks/new", language=language).text
        code = '<code class="text-break">tongbao.purchase.posted.v1<'
        assert f'{text}<span class="d-block">{code}' in offered
    bad = lived.send("/merchant/webhooks/new", HOOK | {"url": "http://localhost/"})
    assert (bad.status_code, 'id="why-url"' in bad.text) == (422, True)
    form = secrets.token_urlsafe(18)
    made = lived.send("/merchant/webhooks/new", HOOK, key=form)
    assert "whsec_" in made.text
    page = lived.send("/merchant/webhooks/new", HOOK, key=form).headers["location"]
    number = int(page.rpartition("/")[2])
    tell(lived)

    assert lived.send(f"{page}/change", {"action": "ping"}).status_code == 303
    tell(lived)
    (sent,) = deliveries.list_of(lived.db, number)
    log = lived.get(page).text
    assert sent.event in log
    assert "Waiting" in log
    for language, text in (("en", "A webhook was tried"), ("zh", "回调测试")):
        listed = lived.get(page, language=language).text
        assert f'{text}</a><span class="second">tongbao.webhook.pinged.v1<' in listed
        exported = lived.get(f"{page}?format=csv", language=language).text
        assert f"{text},tongbao.webhook.pinged.v1,{sent.event}" in exported
    shown = lived.get(f"{page}?event={sent.event}").text
    assert "It was not called yet." in shown
    assert 'card-title">A webhook was tried<' in shown
    again = lived.send(f"{page}/again", {"event": sent.event})
    assert sent.event in again.headers["location"]
    assert lived.send(f"{page}/again", {"event": "evt_1_1"}).status_code != 303

    # From two tabs it is asked for once.
    for _ in range(2):
        replayed = lived.send(f"{page}/replay", {"since": "2026-05-01T08:30"})
        assert replayed.headers["location"] == page
    rows = lived.db.execute("SELECT since, asked_by FROM webhooks.replay").fetchall()
    assert rows == [(datetime(2026, 5, 1, 0, 30, tzinfo=UTC), "manager@test")]
    assert "Goes on" in lived.get(page).text
    with lived.db.transaction():
        assert fanout.go_on(lived.db, clock.now()) >= 1
    assert "Goes on" not in lived.get(page).text
    for wrong in ("yesterday", "0001-01-01T00:00", ""):
        assert 'id="why-since"' in lived.send(f"{page}/replay", {"since": wrong}).text

    assert "whsec_" in lived.send(f"{page}/secret", {}).text
    assert len(endpoints.secrets(lived.db, number, clock.now(), DEVELOPMENT_SECRET)) == 2
    assert lived.send(f"{page}/change", {"action": "pause"}).status_code == 303
    assert "Call it again" in lived.get(page).text
    assert lived.send(f"{page}/change", {"action": "enable"}).status_code == 303
    assert "Send a ping" in lived.get(page).text
    gone = lived.send(f"{page}/change", {"action": "delete"})
    assert gone.headers["location"] == "/merchant/webhooks"
    assert lived.get(page).status_code == 404


def test_a_statement_is_shown_and_fetched_in_every_form(lived: Served) -> None:
    lived.sign_in("finance")
    assert "/merchant/statements/one?window=1" in lived.get("/merchant/statements").text
    page = lived.get("/merchant/statements/one?window=1").text
    # What was accepted elsewhere is behind the position, what was given here among the operations.
    for line, leads_to in (
        ("Claims for own points accepted elsewhere", "/merchant/positions/1"),
        ("Redeemed elsewhere", "/merchant/positions/1"),
        ("Awarded", "/merchant/operations?since="),
    ):
        assert page.partition(line)[2].partition('href="')[2].startswith(leads_to), line
    for text in ("Claims for own points accepted elsewhere", "50.00", "Awarded"):
        assert text in page
    got = {
        kind: lived.get(f"/merchant/statements/one?window=1&format={kind}&language=en")
        for kind in ("pdf", "csv", "json")
    }
    assert got["pdf"].content.startswith(b"%PDF")
    assert json.loads(got["json"].content)["organisation"]["code"] == "A"
    assert got["csv"].text.splitlines()[0].startswith("organisation,")
    assert "attachment" in got["csv"].headers["content-disposition"]
    assert lived.get("/merchant/statements/one?window=1&format=exe").status_code == 404
    for wrong in ("window=99", "window=x", "", "from=2026-01-01&to=2025-01-01"):
        assert 'role="alert"' in lived.get(f"/merchant/statements/one?{wrong}").text
    chinese = lived.get("/merchant/statements/one?window=1", language="zh").text
    assert "本机构积分被受理应付" in chinese


def test_a_newcomer_is_not_offered_statements_of_before_it_joined(lived: Served) -> None:
    joined = (
        "UPDATE alliance.organisation SET registered_at = now() + make_interval(days => %s)"
        " WHERE code = 'A'"
    )
    lived.sign_in("finance")
    with lived.db.transaction():
        lived.db.execute(joined, [1])
    assert "There is no statement yet" in lived.get("/merchant/statements").text
    with lived.db.transaction():
        lived.db.execute(joined, [-9])
    assert "/merchant/statements/one?window=1" in lived.get("/merchant/statements").text


def test_a_file_that_is_too_large_is_told_how_large_it_may_be(lived: Served) -> None:
    lived.sign_in("finance")
    answer = upload(lived, b"x" * 20_000_001)
    assert (answer.status_code, "up to 20 MB" in answer.text) == (413, True)


def test_a_key_beyond_its_role_is_refused_by_the_name_of_the_role(lived: Served) -> None:
    step_up(lived, "manager")
    fields = {"name": "till-9", "role": "cashier", "scope": ["keys:write"]}
    refused = lived.send("/merchant/keys/new", fields)
    assert "A key in the role Cashier cannot have this: keys:write." in refused.text


def upload(lived: Served, content: bytes, **fields: str) -> Any:
    """Send a till's file of today as its page does."""
    today = clock.now().astimezone().date().isoformat()
    values = {"day": today, "outlet": "", "encoding": "utf-8", "amounts": "yuan"} | fields
    hidden = lived.get("/merchant/reconciliations/new").text
    proof = re.search(r'name="_proof" value="([^"]*)"', hidden)
    assert proof is not None
    return lived.client.post(
        "/merchant/reconciliations/new",
        data={"_key": secrets.token_urlsafe(18), "_proof": proof[1]} | values,
        files={"file": ("C:\\day.csv", content, "text/csv")},
        headers={"Accept-Language": "en"},
        follow_redirects=False,
    )


def test_a_tills_day_balances_or_each_line_says_what_to_do(lived: Served) -> None:
    lived.sign_in("finance")
    head = "type,receipt,key,outlet,points,amount\n"
    row = lived.db.execute("SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date").fetchone()
    assert row is not None
    day = str(row[0])
    wrong = upload(lived, b"no,such,columns\n1,2,3\n", day=day)
    assert (wrong.status_code, 'id="why-file"' in wrong.text) == (422, True)
    good = upload(lived, f"{head}award,,a1,A,90,0\n".encode(), day=day)
    assert good.status_code == 303, good.text
    page = lived.get(good.headers["location"]).text
    assert "It balances" in page
    other = upload(lived, f"{head}award,7,x9,A,90,0\n".encode(), day=day)
    page = lived.get(other.headers["location"]).text
    for text in ("Only the till has it", "The till does not have it", "Let the till send it now"):
        assert text in page
    assert "day.csv" in lived.get("/merchant/reconciliations").text
    assert '<span class="second">7</span>' in lived.get("/merchant/exceptions").text
    replayed = upload(lived, f"{head}award,,a1,A,90,0\n".encode(), day=day)
    assert replayed.headers["location"] == good.headers["location"]
    csv = lived.get(f"{other.headers['location']}?format=csv").text
    assert "Only the till has it" in csv
    odd = upload(lived, f"{head}award,8,x8,A,ninety,0\n".encode(), day=day)
    page = lived.get(odd.headers["location"], language="zh").text
    assert "第 2 行" in page
    assert "金额格式不正确" in page
    assert "amount-malformed" not in page
    waiting = lived.get("/merchant/exceptions", language="zh").text
    assert "第 2 行" in waiting
    (item,) = lived.db.execute(
        "SELECT max(id) FROM desk.exception_item WHERE facts ->> 'label' = 'line 2'"
    ).fetchone() or (0,)
    lived.db.commit()
    page = lived.get(f"/merchant/exceptions/{item}", language="zh").text
    assert "金额格式不正确" in page
    assert re.search(r'href="/merchant/reconciliations/\d+"', page) is not None


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_the_page_shows_as_a_file_is_one(lived: Served, language: str) -> None:
    lived.sign_in("finance")
    page = lived.get("/merchant/reconciliations/new", language=language).text
    lines, totals = re.findall(r"<pre[^>]*>([^<]+)</pre>", page)
    for text, read in ((lines, 2), (totals, 1)):
        answer = upload(lived, text.encode(), day="2026-10-31")
        assert answer.status_code == 303, answer.text
        found = lived.get(answer.headers["location"]).text
        assert re.search(rf"Lines</dt>\s*<dd[^>]*>{read}<", found) is not None
        assert found.count("The line cannot be read") <= 1, "but in the list of choices"


def test_finance_has_no_keys_and_no_webhooks(lived: Served) -> None:
    lived.sign_in("finance")
    for path in ("keys", "keys/new", "webhooks", "webhooks/new"):
        assert lived.get(f"/merchant/{path}").status_code == 404
