"""What every page says of itself, and what is not taken from other sites."""

import secrets

import pytest

from tests.web.serving import Served
from tongbao.web import security, who


@pytest.mark.parametrize("path", ["/sign-in", "/operator", "/nowhere", "/language?to=en"])
def test_every_answer_forbids_what_is_not_ours_and_is_kept_by_nobody(
    served: Served, path: str
) -> None:
    answer = served.get(path)
    for name, value in security.HEADERS.items():
        assert answer.headers[name] == value
    assert answer.headers["cache-control"] == "no-store"
    assert "unsafe" not in security.POLICY
    assert "<style" not in answer.text
    assert " style=" not in answer.text
    assert "<script>" not in answer.text


def test_assets_are_kept_for_ever_and_are_compressed(served: Served) -> None:
    page = served.get("/sign-in").text
    path = page.split('<link rel="stylesheet" href="', 1)[1].split('"', 1)[0]
    sizes = {}
    for encoding in ("br", "gzip", "identity"):
        answer = served.client.get(path, headers={"Accept-Encoding": encoding})
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"].startswith("text/css")
        assert answer.headers.get("content-encoding", "identity") == encoding
        sizes[encoding] = int(answer.headers["content-length"])
    assert sizes["br"] < sizes["gzip"] < sizes["identity"]
    for unknown in ("nothing.css", "manifest.json", "..%2Fapp.py"):
        assert served.client.get(f"/assets/{unknown}").status_code == 404


def test_a_form_of_another_site_is_refused(served: Served) -> None:
    token = served.sign_in("admin")
    fields = {"_key": secrets.token_urlsafe(18), "_proof": who.proof(token)}
    foreign = [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ]
    for headers in foreign:
        answer = served.client.post(
            "/sign-out", data=fields, headers=headers, follow_redirects=False
        )
        assert answer.status_code == 422
        assert "form-foreign" in answer.text
    assert served.get("/account").status_code == 200


@pytest.mark.parametrize("proof", ["", "0" * 32, "é" * 16])
def test_a_form_without_the_proof_of_the_session_is_refused(served: Served, proof: str) -> None:
    served.sign_in("admin")
    answer = served.send("/sign-out", {"_proof": proof})
    assert answer.status_code == 422
    assert "form-foreign" in answer.text


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "spaces in it are not good"])
def test_a_form_without_a_key_is_refused(served: Served, key: str) -> None:
    served.sign_in("admin")
    answer = served.send("/operator/organisations/new", {"_key": key, "name": "X"})
    assert answer.status_code == 422
    assert "form-foreign" in answer.text


def test_nobody_is_sent_to_another_host(served: Served) -> None:
    for path in ("//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", ""):
        answer = served.client.get(
            "/language", params={"to": "en", "next": path}, follow_redirects=False
        )
        assert answer.headers["location"] == "/"
    answer = served.get("/language?to=en&next=/sign-in")
    assert answer.headers["location"] == "/sign-in"
    assert "language=en" in answer.headers["set-cookie"]


def test_a_link_that_has_ended_says_who_makes_a_new_one(served: Served) -> None:
    served.sign_in(None)
    page = served.get("/invitation/nonsense").text
    assert "This link is not valid any more" in page
    assert "The administrator of your organisation makes a new one" in page
    assert "Go back and change" not in page
