"""Forms: what is refused stands beside its field, and what is sent twice is done once."""

import re
import secrets
from concurrent.futures import ThreadPoolExecutor

from tests.web.serving import KEY, Served

NEW = "/operator/organisations/new"


def registered(served: Served, code: str) -> int:
    row = served.db.execute(
        "SELECT count(*) FROM alliance.organisation WHERE code = %s", (code,)
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_form_does_what_it_says_and_says_so_once(served: Served) -> None:
    served.sign_in("admin")
    key = KEY.search(served.get(NEW).text)
    assert key is not None
    fields = {"name": "Tea & Co <b>", "code": "tea-0", "role": "merchant"}
    answer = served.send(NEW, fields, key=key[1])
    assert (answer.status_code, registered(served, "tea-0")) == (303, 1)
    page = served.get(answer.headers["location"]).text
    assert "Tea &amp; Co &lt;b&gt; is registered." in page
    assert "is registered." not in served.get(answer.headers["location"]).text


def test_a_form_that_is_sent_again_leads_to_where_the_first_one_led(served: Served) -> None:
    served.sign_in("admin")
    fields = {"name": "Tea", "code": "tea-1", "role": "merchant"}
    key = secrets.token_urlsafe(18)
    first, again = (served.send(NEW, fields, key=key) for _ in range(2))
    assert first.headers["location"] == again.headers["location"]
    assert "nothing was done twice" in served.get(again.headers["location"]).text
    assert registered(served, "tea-1") == 1


def test_two_tabs_that_send_at_once_do_it_once(served: Served) -> None:
    served.sign_in("admin")
    fields = {"name": "Tea", "code": "tea-2", "role": "merchant"}
    key = secrets.token_urlsafe(18)
    with ThreadPoolExecutor(8) as tabs:
        answers = list(tabs.map(lambda _: served.send(NEW, fields, key=key), range(8)))
    assert {answer.status_code for answer in answers} == {303}
    assert registered(served, "tea-2") == 1


def test_a_refusal_stands_beside_its_field_and_what_was_typed_is_kept(served: Served) -> None:
    served.sign_in("admin")
    key = secrets.token_urlsafe(18)
    answer = served.send(NEW, {"name": "Tea", "code": "A", "role": "merchant"}, key=key)
    assert answer.status_code == 422
    assert 'id="why-code"' in answer.text
    assert "Another organisation has this code" in answer.text
    assert re.search(r'name="name"[^>]*value="Tea"', answer.text)
    assert f'value="{key}"' in answer.text
    # Nothing of it was kept: the same form may be mended and sent again.
    assert served.send(
        NEW, {"name": "Tea", "code": "tea-3", "role": "merchant"}, key=key
    ).is_redirect
    assert registered(served, "tea-3") == 1


def test_what_is_missing_or_malformed_is_said_beside_its_field(served: Served) -> None:
    served.sign_in("admin")
    for field, value in (("name", ""), ("name", "x" * 999), ("code", "ü"), ("role", "operator")):
        good = {"name": "Tea", "code": "tea-4", "role": "merchant"}
        answer = served.send(NEW, good | {field: value})
        assert answer.status_code == 422
        assert f'id="why-{field}"' in answer.text
    assert registered(served, "tea-4") == 0


def test_who_was_signed_out_meanwhile_is_told_that_nothing_was_changed(served: Served) -> None:
    served.sign_in("admin")
    served.client.cookies.clear()
    answer = served.send(NEW, {"name": "Tea", "code": "tea-5", "role": "merchant"})
    assert answer.headers["location"].startswith("/sign-in?next=")
    assert "nothing was changed" in served.get(answer.headers["location"]).text
    assert registered(served, "tea-5") == 0
