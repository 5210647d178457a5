"""A 12315 center in one small file: keys, consents, per-request tokens, and what it checks.

It speaks the wire described in docs/protocol.md with ordinary PyPI packages, so that a center (or
a platform in another language) can see every byte that is signed. It keeps no state: where
complaints, receipts and reports are stored is the center's own business.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jwt
import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PURPOSES = ("request", "consent", "receipt")
CHINA = timezone(timedelta(hours=8))
TOKEN_LIFETIME_S = 120  # the protocol allows at most 300
ALG_OF_KTY = {"OKP": "EdDSA", "EC": "ES256"}


class ProtocolError(Exception):
    """The merchant answered something that a center must not accept. Never holds personal data."""


class Problem(ProtocolError):
    """An RFC 9457 answer of the merchant: `status` and the stable `code` say what to do."""

    def __init__(self, response: requests.Response) -> None:
        try:
            body = response.json()
        except ValueError:
            body = {}
        self.status = response.status_code
        self.code = body.get("code", "")
        super().__init__(f"{self.status} {self.code}: {body.get('title', 'no problem document')}")


# --- bytes and instants -------------------------------------------------------------------------


def b64url(data: bytes) -> str:
    """base64url without padding, as everywhere in JOSE."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def instant(at: datetime | None = None) -> str:
    """RFC 3339 with milliseconds and China's offset."""
    return (at or datetime.now(CHINA)).astimezone(CHINA).isoformat(timespec="milliseconds")


def encode(document: Any) -> bytes:
    """JSON once: the very bytes that are hashed are the bytes that are sent."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


# --- keys ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SigningKey:
    """One Ed25519 key for one purpose; a key never serves two."""

    private: Ed25519PrivateKey
    purpose: str

    def jwk(self) -> dict[str, str]:
        """The public half, as it stands in our JWKS."""
        raw = self.private.public_key().public_bytes_raw()
        public = {"kty": "OKP", "crv": "Ed25519", "x": b64url(raw)}
        extra = {"use": "sig", "alg": "EdDSA", "gc_purpose": self.purpose}
        return {**public, "kid": thumbprint(public), **extra}

    def sign(self, typ: str, claims: dict[str, Any]) -> str:
        """A compact JWS whose header has exactly typ, alg and kid."""
        headers = {"typ": typ, "kid": self.jwk()["kid"]}
        return jwt.encode(claims, self.private, algorithm="EdDSA", headers=headers)


def thumbprint(jwk: dict[str, str]) -> str:
    """RFC 7638: SHA-256 over the required members in lexicographic order."""
    members = {"OKP": ("crv", "kty", "x"), "EC": ("crv", "kty", "x", "y")}[jwk["kty"]]
    canonical = json.dumps({name: jwk[name] for name in members}, separators=(",", ":"))
    return b64url(hashlib.sha256(canonical.encode()).digest())


def make_keys(folder: Path) -> None:
    """Writes `request.pem`, `consent.pem`, `receipt.pem` and `jwks.json`; never over an old key."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = [SigningKey(Ed25519PrivateKey.generate(), purpose) for purpose in PURPOSES]
    for key in keys:
        pem = key.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        fresh = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(folder / f"{key.purpose}.pem", fresh, 0o600), "wb") as file:
            file.write(pem)
    jwks = {"keys": [key.jwk() for key in keys]}
    (folder / "jwks.json").write_text(json.dumps(jwks, indent=2) + "\n")


def load_keys(folder: Path) -> dict[str, SigningKey]:
    """The keys of `make_keys`, by purpose."""
    keys = {}
    for purpose in PURPOSES:
        pem = (folder / f"{purpose}.pem").read_bytes()
        private = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(private, Ed25519PrivateKey):
            raise ProtocolError(f"{purpose}.pem is not an Ed25519 key; make new ones")
        keys[purpose] = SigningKey(private, purpose)
    return keys


# --- the token that stands on every request -----------------------------------------------------


def request_claims(
    issuer: str, audience: str, method: str, url: str, body: bytes, now: int | None = None
) -> dict[str, Any]:
    """What a request token says: who calls whom, when, once, and exactly which request."""
    issued = int(time.time()) if now is None else now
    return {
        "iss": issuer,
        "aud": audience,
        "iat": issued,
        "exp": issued + TOKEN_LIFETIME_S,
        "jti": str(uuid.uuid4()),
        "htm": method,
        "htu": url,
        "bsh": b64url(hashlib.sha256(body).digest()),
    }


@dataclass(frozen=True)
class RequestToken(requests.auth.AuthBase):
    """Signs what `requests` is about to send: the final URL with its query, and the raw body."""

    key: SigningKey
    issuer: str
    audience: str

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else body
        claims = request_claims(
            self.issuer, self.audience, request.method or "", request.url or "", raw
        )
        request.headers["Authorization"] = f"Bearer {self.key.sign('gc+jwt', claims)}"
        return request


# --- the center ---------------------------------------------------------------------------------


class Center:
    """One center talking to one merchant."""

    def __init__(self, issuer: str, merchant: str, keys: dict[str, SigningKey]) -> None:
        self.issuer = issuer
        self.merchant = merchant.rstrip("/")
        self.keys = keys
        self.session = requests.Session()
        self.auth = RequestToken(keys["request"], issuer, self.merchant)

    def consent_claims(self, complaint_no: str, uscc: str) -> dict[str, Any]:
        """The record of a consent: for whom, what for, which data, until when, in what words."""
        now = datetime.now(CHINA)
        wording = "我同意将本投诉分流至被投诉企业，由其与我协商解决。"
        return {
            "iss": self.issuer,
            "sub": f"consumer-{uuid.uuid4()}",  # a pseudonym: the merchant never learns the account
            "merchant": uscc,
            "complaint_no": complaint_no,
            "purposes": ["negotiate", "report_outcome"],
            "data_categories": ["identity", "contact", "facts", "evidence"],
            "recipients": [{"kind": "merchant", "uscc": uscc}],
            "given_at": instant(now),
            "expires_at": instant(now + timedelta(days=90)),
            "method": "app",
            "wording_sha256": hashlib.sha256(wording.encode()).hexdigest(),
        }

    def sign_consent(self, claims: dict[str, Any]) -> str:
        """The consent as the JWS that goes into the complaint."""
        return self.keys["consent"].sign("gc-consent+jwt", claims)

    def call(self, method: str, path: str, body: bytes | None = None) -> requests.Response:
        """One signed request; redirects are not followed, since the token names one URL."""
        return self.session.request(
            method,
            self.merchant + path,
            data=body,
            headers={"Content-Type": "application/json"} if body is not None else {},
            auth=self.auth,
            allow_redirects=False,
            timeout=30,
        )

    def divert(self, complaint: dict[str, Any]) -> dict[str, Any]:
        """Diverts a complaint and returns the claims of the intake receipt, once verified.

        Sending the same bytes again is safe: the merchant answers 200 with the same receipt.
        """
        body = encode(complaint)
        response = self.call("POST", "/green-channel/v1/complaints", body)
        if response.status_code not in (200, 201):
            raise Problem(response)
        receipt = response.json()["receipt"]
        return self.verify_intake_receipt(receipt, complaint["complaint_no"], body)

    def track(self, complaint_no: str) -> dict[str, Any]:
        """Where the complaint stands: state, clocks, next steps, reports."""
        return self._json(self.call("GET", f"/green-channel/v1/complaints/{complaint_no}"))

    def notify(self, complaint_no: str, kind: str, detail: dict[str, Any]) -> dict[str, Any]:
        """Sends a notice, for instance `urge` with `{}`; its id makes a repetition harmless."""
        notice = {
            "notice_id": str(uuid.uuid4()),
            "kind": kind,
            "at": instant(),
            "detail": detail,
        }
        path = f"/green-channel/v1/complaints/{complaint_no}/notices"
        return self._json(self.call("POST", path, encode(notice)))

    def profile(self) -> dict[str, Any]:
        """What the merchant says about itself, for instance its USCC and its log."""
        return self._public("/.well-known/green-channel.json").json()

    def verify_intake_receipt(self, receipt: str, complaint_no: str, body: bytes) -> dict[str, Any]:
        """The claims of a receipt that the merchant really signed for these bytes."""
        claims = self._verify_jws(receipt, "gc-intake-receipt+jwt", "receipt")
        if claims["complaint_no"] != complaint_no:
            raise ProtocolError("the receipt is for another complaint")
        if claims["body_sha256"] != b64url(hashlib.sha256(body).digest()):
            raise ProtocolError("the receipt is for other bytes than were sent")
        return claims

    def checkpoint(self) -> tuple[str, int, str]:
        """Origin, size and root hash (base64) of the log, after checking its signature."""
        note = self._public("/log/checkpoint").content.decode()
        return parse_checkpoint(open_note(note, self.profile()["log"]["vkey"]))

    def _verify_jws(self, token: str, typ: str, purpose: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        if set(header) != {"typ", "alg", "kid"} or header["typ"] != typ:
            raise ProtocolError(f"expected a JWS of type {typ} with typ, alg and kid only")
        published = self._public("/.well-known/jwks.json").json()["keys"]
        key = next((k for k in published if k["kid"] == header["kid"]), None)
        if key is None or key.get("gc_purpose") != purpose or thumbprint(key) != key["kid"]:
            raise ProtocolError(f"the merchant publishes no such key for {purpose}")
        return jwt.decode(
            token,
            jwt.PyJWK(key),
            # From the published key, never from the token's own header.
            algorithms=[ALG_OF_KTY[key["kty"]]],
            issuer=self.merchant,
            audience=self.issuer,
            options={"strict_aud": True, "require": ["iss", "aud"]},
        )

    def _public(self, path: str) -> requests.Response:
        response = self.session.get(self.merchant + path, allow_redirects=False, timeout=30)
        if response.status_code != 200:
            raise Problem(response)
        return response

    @staticmethod
    def _json(response: requests.Response) -> dict[str, Any]:
        if response.status_code != 200:
            raise Problem(response)
        return response.json()


# --- C2SP signed notes and checkpoints ----------------------------------------------------------


def open_note(note: str, vkey: str) -> str:
    """The text of a signed note, if the key `NAME+HASH+KEY` of the merchant has signed it."""
    name, key_hash, encoded = vkey.split("+", 2)
    key = base64.b64decode(encoded, validate=True)
    expected = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    if key[0] != 1 or len(key) != 33 or expected.hex() != key_hash:
        raise ProtocolError("the log's verification key is malformed")
    text, separator, signatures = note.rpartition("\n\n")
    if not separator:
        raise ProtocolError("the note carries no signatures")
    for line in signatures.splitlines():
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "—" or parts[1] != name:
            continue
        signature = base64.b64decode(parts[2], validate=True)
        if signature[:4] != expected:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key[1:]).verify(
                signature[4:], (text + "\n").encode()
            )
        except InvalidSignature:
            raise ProtocolError("the checkpoint's signature does not verify") from None
        return text + "\n"
    raise ProtocolError("the log's own signature is missing from the checkpoint")


def parse_checkpoint(text: str) -> tuple[str, int, str]:
    """Origin, tree size and root hash; extension lines after them are ignored."""
    origin, size, root = text.split("\n")[:3]
    if len(base64.b64decode(root, validate=True)) != 32:
        raise ProtocolError("the checkpoint's root is not a SHA-256 hash")
    return origin, int(size), root
