"""Checks the center's side of the wire against a running server, with foreign JOSE code.

    python check_center.py http://127.0.0.1:PORT KEYS

KEYS is the folder made by `examples/python-center/divert.py --make-keys`. Prints each check and
`N passed, N failed`; exits 1 when one failed.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
import secrets
import sys
import time
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import planted
import requests

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples" / "python-center"))

from center import (  # noqa: E402  (found through the line above)
    CHINA,
    Center,
    SigningKey,
    b64url,
    encode,
    instant,
    load_keys,
    request_claims,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: E402

ISSUER = "https://center.example"
COMPLAINTS = "/green-channel/v1/complaints"
# The stable problem codes that a center's software may rely on.
TOKEN_AUDIENCE = "token_audience_wrong"
TOKEN_EXPIRED = "token_expired"
TOKEN_FORGED = "token_alg_mismatch"
TOKEN_OTHER_BODY = "token_body_mismatch"
TOKEN_REPLAYED = "token_replayed"
CONFLICT_NOTICE = "notice_conflict"

CHECKS: list[Callable[[Probe], None]] = []


def check(function: Callable[[Probe], None]) -> Callable[[Probe], None]:
    """Registers a check; its name is the claim."""
    CHECKS.append(function)
    return function


class Probe:
    """A center that can also misbehave, and that reads every answer with suspicion."""

    def __init__(self, merchant: str, keys: Path) -> None:
        self.center = Center(ISSUER, merchant, load_keys(keys))
        self.uscc = self.center.profile()["merchant"]["uscc"]

    def complaint(self, **changes: Any) -> dict[str, Any]:
        """A good complaint under a fresh number; `consent` in `changes` replaces consent claims."""
        number = f"{datetime.now(CHINA):%Y%m%d}{secrets.randbelow(10**12):012}"
        consent = self.center.consent_claims(number, self.uscc) | changes.pop("consent", {})
        complaint = {
            "complaint_no": number,
            "diverted_at": instant(),
            "consent": self.center.sign_consent(consent),
            "consumer": {
                "name": planted.PLAIN_NAME,
                "phone": planted.PHONE,
                "id_type": "resident_id",
                "id_number": planted.ID_NUMBER,
                "address": planted.ADDRESS,
            },
            "respondent": {"uscc": self.uscc, "name": "示例商城"},
            "goods": {"kind": "clothing", "name": "羽绒服"},
            "issue": "quality",
            "requests": ["return"],
            "amount_fen": 29900,
            "facts": planted.FACTS,
            "channel": "app",
        }
        return complaint | changes

    def post(self, body: bytes, **options: Any) -> requests.Response:
        """Sends these bytes as a complaint, with a good token unless `token` says otherwise."""
        return self.send("POST", COMPLAINTS, body, **options)

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        token: str | None = None,
        media: str = "application/json",
    ) -> requests.Response:
        """One request; a problem must be problem+json and no answer may echo personal data."""
        url = self.center.merchant + path
        if token is None:
            token = self.token(self.claims(method, url, body))
        headers = {"Authorization": f"Bearer {token}"}
        if body:
            headers["Content-Type"] = media
        response = requests.request(
            method, url, data=body, headers=headers, allow_redirects=False, timeout=30
        )
        for value in planted.PERSONAL:
            escaped = json.dumps(value)[1:-1]
            assert value not in response.text, "personal data echoed"
            assert escaped not in response.text, "personal data echoed"
        if response.status_code >= 400:
            expect_problem(response)
        return response

    def claims(self, method: str, url: str, body: bytes) -> dict[str, Any]:
        """The claims of a good token."""
        return request_claims(ISSUER, self.center.merchant, method, url, body)

    def token(self, claims: dict[str, Any], typ: str = "gc+jwt") -> str:
        """A token by the center's request key."""
        return self.center.keys["request"].sign(typ, claims)

    def refused_token(self, changes: dict[str, Any], code: str | None = None) -> None:
        """A token with these claims changed (None removes one) is answered 401 with this code."""
        body = encode(self.complaint())
        claims = self.claims("POST", self.center.merchant + COMPLAINTS, body) | changes
        claims = {name: value for name, value in claims.items() if value is not None}
        expect(self.post(body, token=self.token(claims)), 401, code)


def expect(response: requests.Response, status: int, code: str | None = None) -> None:
    """The status, and the stable problem code when one is given."""
    seen = response.json().get("code") if response.status_code >= 400 else None
    assert response.status_code == status, f"expected {status}, got {response.status_code} {seen}"
    assert code is None or seen == code, f"expected code {code}, got {seen}"


def expect_problem(response: requests.Response) -> None:
    """RFC 9457: media type, and members that agree with the status."""
    media = response.headers.get("Content-Type", "").partition(";")[0]
    assert media == "application/problem+json", f"{response.status_code} as {media or 'nothing'}"
    problem = response.json()
    assert problem["status"] == response.status_code, "two different statuses"
    assert problem["title"], "a problem without a title"
    assert problem["type"].endswith("/" + problem["code"]), "type and code differ"


def raw_jws(header: dict[str, Any], claims: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """A compact JWS with any header and any signature, which PyJWT would refuse to make."""
    signed = f"{b64url(encode(header))}.{b64url(encode(claims))}"
    return f"{signed}.{b64url(sign(signed.encode()))}"


# --- diverting ----------------------------------------------------------------------------------


@check
def first_diversion_is_created_and_the_same_bytes_again_give_the_same_receipt(probe: Probe) -> None:
    complaint = probe.complaint()
    body = encode(complaint)
    first = probe.post(body)
    expect(first, 201)
    receipt = first.json()["receipt"]
    claims = probe.center.verify_intake_receipt(receipt, complaint["complaint_no"], body)
    assert len(base64.b64decode(claims["leaf_hash"], validate=True)) == 32, "leaf_hash is no hash"
    received = datetime.fromisoformat(claims["received_at"])
    assert abs(received - datetime.now(CHINA)) < timedelta(minutes=1), "received_at is not now"
    assert datetime.fromisoformat(claims["merge_by"]) > received, "merge_by is in the past"
    again = probe.post(body)
    expect(again, 200)
    assert again.json()["receipt"] == receipt, "another receipt for the same bytes"


@check
def other_bytes_under_a_known_number_conflict(probe: Probe) -> None:
    complaint = probe.complaint()
    expect(probe.post(encode(complaint)), 201)
    changed = copy.deepcopy(complaint)
    changed["amount_fen"] += 1
    expect(probe.post(encode(changed)), 409)
    reordered = dict(reversed(list(complaint.items())))
    expect(probe.post(encode(reordered)), 409)


@check
def unknown_enum_values_and_fields_are_accepted(probe: Probe) -> None:
    complaint = probe.complaint(
        issue="something_of_2031", channel="新渠道", requests=["return", "an_apology_in_verse"]
    )
    complaint["goods"]["kind"] = "未来商品"
    complaint["consumer"]["id_type"] = "moon_card"
    complaint["a_field_of_2031"] = {"deep": [1, 2, 3]}
    expect(probe.post(encode(complaint)), 201)


@check
def minority_and_rare_names_are_accepted(probe: Probe) -> None:
    for name in (planted.MINORITY_NAME, planted.RARE_NAME, "𠮷·" + planted.RARE_NAME):
        consumer = {"name": name, "phone": planted.OTHER_PHONE}
        expect(probe.post(encode(probe.complaint(consumer=consumer))), 201)


@check
def tracking_shows_the_case_and_knows_no_strangers(probe: Probe) -> None:
    complaint = probe.complaint()
    expect(probe.post(encode(complaint)), 201)
    answer = probe.send("GET", f"{COMPLAINTS}/{complaint['complaint_no']}")
    expect(answer, 200)
    standing = answer.json()
    assert standing["complaint_no"] == complaint["complaint_no"] and standing["state"] == "received"
    assert standing["clocks"], "a case without a clock"
    expect(probe.send("GET", f"{COMPLAINTS}/19990101000000000000"), 404)


@check
def urging_twice_with_one_id_counts_once(probe: Probe) -> None:
    complaint = probe.complaint()
    expect(probe.post(encode(complaint)), 201)
    path = f"{COMPLAINTS}/{complaint['complaint_no']}/notices"
    notice = {"notice_id": secrets.token_hex(8), "kind": "urge", "at": instant(), "detail": {}}
    first = probe.send("POST", path, encode(notice))
    expect(first, 200)
    assert first.json()["outcome"] == "applied", "the urge was not applied"
    again = probe.send("POST", path, encode(notice))
    expect(again, 200)
    assert again.json() == first.json(), "another answer to the same notice"
    other = notice | {"kind": "supplement", "detail": {"text": "另附照片"}}
    expect(probe.send("POST", path, encode(other)), 409, CONFLICT_NOTICE)


@check
def withdrawn_consent_erases_and_the_number_answers_410(probe: Probe) -> None:
    complaint = probe.complaint()
    body = encode(complaint)
    expect(probe.post(body), 201)
    path = f"{COMPLAINTS}/{complaint['complaint_no']}/notices"
    notice = {
        "notice_id": secrets.token_hex(8),
        "kind": "consent_withdrawn",
        "at": instant(),
        "detail": {},
    }
    expect(probe.send("POST", path, encode(notice)), 200)
    expect(probe.post(body), 410)


# --- consent ------------------------------------------------------------------------------------


@check
def consent_that_does_not_cover_this_diversion_is_refused(probe: Probe) -> None:
    now = datetime.now(CHINA)
    stranger = "91350100M000100Y43"
    variants: dict[str, dict[str, Any]] = {
        "another issuer": {"iss": "https://other-center.example"},
        "another merchant": {"merchant": stranger},
        "another complaint": {"complaint_no": "19990101000000000000"},
        "no purpose": {"purposes": []},
        "another purpose": {"purposes": ["report_outcome"]},
        "no recipients": {"recipients": []},
        "another recipient": {"recipients": [{"kind": "merchant", "uscc": stranger}]},
        "expired": {"expires_at": instant(now - timedelta(minutes=5))},
        "given in the future": {"given_at": instant(now + timedelta(minutes=5))},
    }
    for name, changes in variants.items():
        refused_consent(probe, name, probe.complaint(consent=changes))


@check
def consent_that_the_center_did_not_sign_is_refused(probe: Probe) -> None:
    complaint = probe.complaint()
    number = complaint["complaint_no"]
    claims = probe.center.consent_claims(number, probe.uscc)
    keys = probe.center.keys
    stranger = SigningKey(Ed25519PrivateKey.generate(), "consent")
    head, body, signature = complaint["consent"].split(".")
    other = b64url(encode(claims | {"method": "paper"}))
    header = {"typ": "gc-consent+jwt", "alg": "none", "kid": keys["consent"].jwk()["kid"]}
    forgeries = {
        "a stranger's key": stranger.sign("gc-consent+jwt", claims),
        "a key of another purpose": keys["request"].sign("gc-consent+jwt", claims),
        "another type": keys["consent"].sign("gc+jwt", claims),
        "changed claims": f"{head}.{other}.{signature}",
        "no signature": f"{head}.{body}.",
        "alg none": raw_jws(header, claims, lambda _: b""),
        "not a JWS": "consent",
    }
    for name, consent in forgeries.items():
        refused_consent(probe, name, complaint | {"consent": consent})
    del complaint["consent"]
    refused_consent(probe, "no consent at all", complaint)


def refused_consent(probe: Probe, name: str, complaint: dict[str, Any]) -> None:
    """403, and nothing was stored: the number is still unknown."""
    response = probe.post(encode(complaint))
    assert response.status_code == 403, f"{name}: expected 403, got {response.status_code}"
    response = probe.send("GET", f"{COMPLAINTS}/{complaint['complaint_no']}")
    assert response.status_code == 404, f"{name}: refused, yet the number is known"


# --- tokens -------------------------------------------------------------------------------------


@check
def token_for_another_audience_is_refused(probe: Probe) -> None:
    ours = probe.center.merchant
    wrong = ("https://other.example", ours + "/", ours.upper(), [ours], [ours, "x"], "", None)
    for audience in wrong:
        probe.refused_token(
            {"aud": audience}, TOKEN_AUDIENCE if isinstance(audience, str) else None
        )


@check
def token_outside_its_time_is_refused(probe: Probe) -> None:
    now = int(time.time())
    probe.refused_token({"iat": now - 400, "exp": now - 120}, TOKEN_EXPIRED)
    probe.refused_token({"iat": now + 600, "exp": now + 700})
    probe.refused_token({"iat": now, "exp": now + 301})
    probe.refused_token({"exp": None})
    probe.refused_token({"iat": None})
    probe.refused_token({"exp": str(now + 100)})


@check
def token_for_another_request_is_refused(probe: Probe) -> None:
    url = probe.center.merchant + COMPLAINTS
    probe.refused_token({"htm": "PUT"})
    probe.refused_token({"htu": url + "?a=1"})
    probe.refused_token({"htu": url + "/"})
    probe.refused_token({"htu": url.replace("http:", "https:")})
    for missing in ("htm", "htu", "bsh", "jti", "iss"):
        probe.refused_token({missing: None})
    probe.refused_token({"iss": "https://other-center.example"})


@check
def token_over_another_body_is_refused(probe: Probe) -> None:
    probe.refused_token({"bsh": b64url(hashlib.sha256(b"").digest())}, TOKEN_OTHER_BODY)
    probe.refused_token({"bsh": b64url(hashlib.sha256(b"{}").digest())}, TOKEN_OTHER_BODY)


@check
def token_used_twice_is_refused(probe: Probe) -> None:
    body = encode(probe.complaint())
    token = probe.token(probe.claims("POST", probe.center.merchant + COMPLAINTS, body))
    expect(probe.post(body, token=token), 201)
    expect(probe.post(body, token=token), 401, TOKEN_REPLAYED)
    probe.refused_token({"jti": "short"})
    probe.refused_token({"jti": "x" * 129})


@check
def forged_token_is_refused(probe: Probe) -> None:
    body = encode(probe.complaint())
    key = probe.center.keys["request"]
    kid = key.jwk()["kid"]
    header = {"typ": "gc+jwt", "alg": "EdDSA", "kid": kid}
    public = key.private.public_key().public_bytes_raw()

    def fresh() -> dict[str, Any]:
        return probe.claims("POST", probe.center.merchant + COMPLAINTS, body)

    def by_public_key(data: bytes) -> bytes:
        return hmac.new(public, data, hashlib.sha256).digest()

    stranger = SigningKey(Ed25519PrivateKey.generate(), "request")
    good = key.private.sign
    forgeries = {
        "alg none": raw_jws(header | {"alg": "none"}, fresh(), lambda _: b""),
        "alg nOnE": raw_jws(header | {"alg": "nOnE"}, fresh(), lambda _: b""),
        "public key as secret": raw_jws(header | {"alg": "HS256"}, fresh(), by_public_key),
        "alg of another key type": raw_jws(header | {"alg": "ES256"}, fresh(), good),
        "no signature": raw_jws(header, fresh(), lambda _: b""),
        "zero signature": raw_jws(header, fresh(), lambda _: bytes(64)),
        "a stranger's key": stranger.sign("gc+jwt", fresh()),
        "stranger under our kid": raw_jws(header, fresh(), stranger.private.sign),
        "consent key": probe.center.keys["consent"].sign("gc+jwt", fresh()),
        "another type": probe.token(fresh(), typ="JWT"),
        "no kid": raw_jws({"typ": "gc+jwt", "alg": "EdDSA"}, fresh(), good),
        "kid is a path": raw_jws(header | {"kid": "../../dev/null"}, fresh(), good),
        "kid of 4 KiB": raw_jws(header | {"kid": "k" * 4096}, fresh(), good),
        "jwk inside": raw_jws(header | {"jwk": stranger.jwk()}, fresh(), stranger.private.sign),
        "jku inside": raw_jws(header | {"jku": "https://evil.example/jwks"}, fresh(), good),
        "x5u inside": raw_jws(header | {"x5u": "https://evil.example/cert"}, fresh(), good),
        "crit": raw_jws(header | {"crit": ["b64"], "b64": False}, fresh(), good),
        "a member we do not know": raw_jws(header | {"cty": "JWT"}, fresh(), good),
        "padded": probe.token(fresh()) + "==",
        "four parts": probe.token(fresh()) + ".x",
        "not a JWS": "token",
    }
    for name, token in forgeries.items():
        response = probe.post(body, token=token)
        assert response.status_code == 401, f"{name}: expected 401, got {response.status_code}"
        if name.startswith("alg "):
            expect(response, 401, TOKEN_FORGED)
    expect(probe.post(body), 201)


@check
def request_without_a_token_is_refused(probe: Probe) -> None:
    for headers in ({}, {"Authorization": "Basic Z2M6Z2M="}, {"Authorization": "Bearer"}):
        response = requests.post(
            probe.center.merchant + COMPLAINTS, data=b"{}", headers=headers, timeout=30
        )
        expect_problem(response)
        expect(response, 401)


# --- hostile bodies -----------------------------------------------------------------------------


@check
def oversized_body_is_refused(probe: Probe) -> None:
    body = encode(probe.complaint(padding="x" * (256 * 1024)))
    expect(probe.post(body), 413)


@check
def malformed_json_is_refused(probe: Probe) -> None:
    good = encode(probe.complaint())
    deep = b"[" * 33 + b"]" * 33
    bodies = {
        "nested too deep": good[:-1] + b',"deep":' + deep + b"}",
        "nested 100,000 deep": b"[" * 100_000,
        "duplicate key": good[:-1] + b',"issue":"other"}',
        "duplicate key, escaped": good[:-1] + b',"iss\\u0075e":"other"}',
        "duplicate key, nested": good[:-1] + b',"x":{"a":1,"a":2}}',
        "trailing bytes": good + b"{}",
        "not UTF-8": good[:-1] + b',"x":"\xff"}',
        "byte order mark": b"\xef\xbb\xbf" + good,
        "lone surrogate": good[:-1] + b',"x":"\\ud800"}',
        "NaN": good[:-1] + b',"x":NaN}',
        "raw control byte": good[:-1] + b',"x":"\n"}',
        "cut short": good[:-1],
    }
    for name, body in bodies.items():
        response = probe.post(body)
        assert response.status_code == 400, f"{name}: expected 400, got {response.status_code}"


@check
def well_formed_json_that_is_no_complaint_is_refused(probe: Probe) -> None:
    for body in (b"{}", b"[]", b"null", encode(probe.complaint(amount_fen="29900"))):
        expect(probe.post(body), 422)
    expect(probe.post(encode(probe.complaint(amount_fen=-1))), 422)
    expect(probe.post(encode(probe.complaint(amount_fen=1.5))), 422)
    expect(probe.post(encode(probe.complaint(facts="字" * 4001))), 422)


@check
def another_media_type_is_refused(probe: Probe) -> None:
    body = encode(probe.complaint())
    for media in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
        expect(probe.post(body, media=media), 415)


# --- what the merchant publishes ----------------------------------------------------------------


@check
def checkpoint_is_signed_by_the_published_key_and_grows(probe: Probe) -> None:
    origin, size, _ = probe.center.checkpoint()
    complaint = probe.complaint()
    body = encode(complaint)
    response = probe.post(body)
    expect(response, 201)
    claims = probe.center.verify_intake_receipt(
        response.json()["receipt"], complaint["complaint_no"], body
    )
    assert claims["log_origin"] == origin, "the receipt names another log"
    deadline = time.monotonic() + 10
    while probe.center.checkpoint()[1] <= size:
        assert time.monotonic() < deadline, "the log did not grow within 10 s of an intake"
        time.sleep(0.2)


@check
def unknown_paths_and_methods_are_problems(probe: Probe) -> None:
    expect(probe.send("GET", "/green-channel/v1/nothing"), 404)
    expect(probe.send("DELETE", COMPLAINTS), 405)


def main() -> int:
    """Runs every check, also after a failure; the exit code says whether one failed."""
    if len(sys.argv) != 3:
        print(__doc__)
        return 2
    probe = Probe(sys.argv[1], Path(sys.argv[2]))
    failed = 0
    for function in CHECKS:
        claim = function.__name__.replace("_", " ")
        try:
            function(probe)
            print(f"ok      {claim}")
        except Exception as error:
            failed += 1
            line = traceback.extract_tb(error.__traceback__)[1].lineno
            print(f"FAILED  {claim}\n        line {line}: {type(error).__name__}: {error}")
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
