import base64
import secrets
from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.access.conftest import KEY, Office, chance
from tests.world import AT
from tongbao.access import keys, sealing, signing
from tongbao.access.signing import Request
from tongbao.kernel import limits
from tongbao.kernel.clock import micros

SECRET = b"0123456789abcdef0123456789abcdef"
NONCE = "b3k2pp5k7z-50gnwp"
CREATED = micros(AT) // 1_000_000
COVERED = (
    'till=("@method" "@path" "@query" "content-digest" "idempotency-key")'
    f';created={CREATED};keyid="tbk_7";nonce="{NONCE}";alg="hmac-sha256"'
)
BODY = b'{"points":{"value":8000}}'
HEADERS = {"content-digest": signing.digest(BODY), "idempotency-key": "sale-1"}
REQUEST = Request(
    method="POST",
    path="/v1/purchases",
    query="",
    headers=HEADERS,
    body=BODY,
)


def check(request: Request = REQUEST, covered: str = COVERED, value: str | None = None) -> None:
    value = value or signing.sign(covered, REQUEST, SECRET)
    signing.check(signing.read(covered, value), request, SECRET, AT)


def test_the_example_of_the_standard() -> None:
    """RFC 9421, B.2.5: what is signed, and by which secret, is ours to build the same."""
    shared = base64.b64decode(
        "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="
    )
    covered = '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"'
    lines = [
        '"date": Tue, 20 Apr 2021 02:07:55 GMT',
        '"@authority": example.com',
        '"content-type": application/json',
        f'"@signature-params": {covered}',
    ]
    import hmac

    value = hmac.digest(shared, "\n".join(lines).encode(), "sha256")
    assert base64.b64encode(value) == b"pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8="


def test_what_is_signed_is_written_as_the_standard_says() -> None:
    signature = signing.read(COVERED, "till=:" + "A" * 43 + "=:")
    assert signing.base(signature, REQUEST).decode().split("\n") == [
        '"@method": POST',
        '"@path": /v1/purchases',
        '"@query": ?',
        f'"content-digest": {signing.digest(BODY)}',
        '"idempotency-key": sale-1',
        f'"@signature-params": {COVERED.removeprefix("till=")}',
    ]
    assert (signature.key_id, signature.nonce) == (7, NONCE)


def test_a_signed_request_is_let_in() -> None:
    check()


@pytest.mark.parametrize(
    "changed",
    [
        replace(REQUEST, method="PUT"),
        replace(REQUEST, path="/v1/awards"),
        replace(REQUEST, query="a=b"),
        replace(REQUEST, body=BODY + b" "),
        replace(REQUEST, headers=HEADERS | {"idempotency-key": "sale-2"}),
        replace(REQUEST, headers=HEADERS | {"content-digest": signing.digest(b"")}),
    ],
)
def test_whatever_is_changed_on_the_way_is_refused(changed: Request) -> None:
    with pytest.raises(signing.SignatureRefused):
        check(changed)


def test_another_secret_is_refused() -> None:
    value = signing.sign(COVERED, REQUEST, SECRET)
    with pytest.raises(signing.SignatureRefused):
        signing.check(signing.read(COVERED, value), REQUEST, b"x" * 32, AT)


def test_a_clock_may_be_five_minutes_wrong() -> None:
    signature = signing.read(COVERED, signing.sign(COVERED, REQUEST, SECRET))
    for skew in (-limits.SIGNATURE_SKEW, limits.SIGNATURE_SKEW):
        signing.check(signature, REQUEST, SECRET, AT + skew)
        with pytest.raises(signing.SignatureStale):
            signing.check(signature, REQUEST, SECRET, AT + skew * 1.01)


@pytest.mark.parametrize("left_out", ["@method", "@path", "@query", "content-digest"])
def test_what_must_be_signed_cannot_be_left_out(left_out: str) -> None:
    with pytest.raises(signing.SignatureMalformed):
        check(covered=COVERED.replace(f'"{left_out}" ', ""))


def test_a_request_without_body_and_key_signs_three_things() -> None:
    read = Request(method="GET", path="/v1/operations/7", query="expand=lots", headers={}, body=b"")
    covered = f'a=("@method" "@path" "@query");created={CREATED};keyid="tbk_7";nonce="{NONCE}"'
    value = signing.sign(covered, read, SECRET)
    signing.check(signing.read(covered, value), read, SECRET, AT)


@pytest.mark.parametrize(
    "covered",
    [
        "",
        "till",
        COVERED + ", " + COVERED,
        COVERED.replace("till", "other"),
        COVERED.replace("@method", "@status"),
        COVERED.replace('"@path"', '"@method"'),
        COVERED.replace("hmac-sha256", "none"),
        COVERED.replace("tbk_7", "tbk_x"),
        COVERED.replace("tbk_7", "tbk_0"),
        COVERED.replace(f";created={CREATED}", ""),
        COVERED.replace(str(CREATED), "1" * 16),
        COVERED.replace(NONCE, "short"),
        COVERED.replace(NONCE, "x" * 65),
        COVERED.replace("keyid", "keyid\n"),
        COVERED + "x" * 100_000,
        '("@method" ' * 10_000,
    ],
)
def test_what_cannot_be_read_is_refused_quickly(covered: str) -> None:
    with pytest.raises(signing.SignatureMalformed):
        signing.read(covered, "till=:" + "A" * 43 + "=:")


@pytest.mark.parametrize("value", ["", "till=::", "till=:AAAA:", "till=" + "A" * 100_000])
def test_a_value_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(signing.SignatureMalformed):
        signing.read(COVERED, value)


def test_a_header_that_is_signed_must_be_there() -> None:
    without = replace(REQUEST, headers={"content-digest": signing.digest(BODY)})
    with pytest.raises(signing.SignatureMalformed):
        check(without)


def test_a_key_is_armed_and_disarmed(office: Office) -> None:
    made, token = keys.create(
        office.db, office.world.organisations["A"], "cashier", "till", chance(), by="Lin", at=AT
    )
    assert keys.signer(office.db, made.id, AT) is None
    shown = signing.arm(office.db, made.id, SECRET, required=True, key=KEY)
    assert base64.b64decode(shown) == SECRET
    found = keys.signer(office.db, made.id, AT)
    assert found is not None
    assert sealing.unseal(found[1], signing.use(made.id), KEY) == SECRET
    assert keys.get(office.db, made.id).signing_required
    with pytest.raises(keys.SignatureNeeded):
        keys.check(office.db, token, AT)
    with pytest.raises(keys.KeyUnknown):
        keys.check(office.db, token[:-1] + ("a" if token[-1] != "a" else "b"), AT)
    signing.disarm(office.db, made.id)
    assert keys.check(office.db, token, AT).key_id == made.id
    keys.revoke(office.db, made.id, by="Lin", at=AT)
    assert keys.signer(office.db, made.id, AT) is None


def test_what_takes_a_signing_keys_place_has_to_sign_too(office: Office) -> None:
    a = office.world.organisations["A"]
    made, _ = keys.create(office.db, a, "cashier", "till", chance(), by="Lin", at=AT)
    signing.arm(office.db, made.id, SECRET, required=True, key=KEY)
    newer, token = keys.rotate(
        office.db, made.id, chance(), overlap=timedelta(days=1), by="Lin", at=AT
    )
    with pytest.raises(keys.SignatureNeeded):
        keys.check(office.db, token, AT)
    signing.arm(office.db, newer.id, secrets.token_bytes(32), required=True, key=KEY)
    assert keys.signer(office.db, newer.id, AT) is not None


def test_a_nonce_is_new_once_until_it_is_forgotten(office: Office) -> None:
    until = AT + timedelta(minutes=10)
    wanted = {(7, NONCE): until, (8, NONCE): until, (7, "x" * 16): until}
    with office.db.transaction():
        assert signing.use_nonces(office.db, wanted) == set(wanted)
    with office.db.transaction():
        assert signing.use_nonces(office.db, {(7, NONCE): until, (9, NONCE): until}) == {(9, NONCE)}
    assert signing.forget_nonces(office.db, AT) == 0
    assert signing.forget_nonces(office.db, until) == 4
