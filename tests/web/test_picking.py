"""Organisations are chosen by code or name, however many there are."""

from tests.web.serving import Served


def test_those_that_fit_what_is_typed_are_offered(served: Served) -> None:
    served.sign_in("manager")
    found = served.get("/pick/organisations?search=b").text
    assert '<option value="B">B</option>' in found
    assert 'value="A"' not in found
    assert served.get("/pick/organisations?search=%25").text.strip().count("<option") == 0
    assert "<option" in served.get("/pick/organisations").text
    served.client.cookies.clear()
    assert "<option" not in served.get("/pick/organisations").text


def test_an_unknown_code_is_refused_beside_its_field(served: Served) -> None:
    served.sign_in("admin")
    fields = {
        "kind": "missing", "creditor": "B", "debtor": "no one", "amount": "30",
        "reason": "the till was offline", "evidence": "receipt", "reference": "77",
    }  # fmt: skip
    page = served.send("/operator/disputes/new", fields).text
    assert 'id="why-debtor"' in page
    assert 'id="why-creditor"' not in page
    assert "no one" in page
