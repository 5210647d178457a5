"""Makes the vectors of what can never change: leaf v1, commitment v1, checkpoint v1.

    pip install cryptography && python make_vectors.py

Written against docs/adr/0001, 0002 and 0004 with the standard library and `cryptography` only, so
that it shares no line with the Rust it checks. The files are committed and never change.
"""
import base64
import hashlib
import hmac
import json
import pathlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HERE = pathlib.Path(__file__).parent
ORIGIN = "mall.example/log"
STREAM = "000102030405060708090a0b0c0d0e0f"
CLERK = {"role": "clerk", "pseudonym": "11" * 16}
CENTER = {"role": "center", "pseudonym": "22" * 16}
SYSTEM = {"role": "system", "pseudonym": "33" * 16}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def canonical(value) -> bytes:
    """RFC 8785 for values whose member names are ASCII and whose numbers are integers."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(hashes: list[bytes]) -> bytes:
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return node_hash(root(hashes[:split]), root(hashes[split:]))


def commitment(salt: bytes, stream: str, field: str, value: str) -> bytes:
    message = b"\x00".join([b"gc/v1/commit", stream.encode(), field.encode(), value.encode()])
    return hmac.new(salt, message, hashlib.sha256).digest()


def commitments() -> list[dict]:
    rows = []
    for place, (field, value) in enumerate(
        [("phone", "15400000001"), ("name", "买买提·艾力"), ("note", ""), ("name", "王𠀀"), ("body", '{"a":"\\n"}')]
    ):
        salt = bytes([place + 1]) * 32
        made = commitment(salt, STREAM, field, value)
        rows.append({"salt": b64(salt), "stream": STREAM, "field": field, "value": value, "commitment": b64(made)})
    return rows


def leaves() -> list[dict]:
    clock = {
        "kind": "settle", "start_at": "2026-11-24T10:00:00.000+08:00",
        "due_at": "2026-12-08T23:59:59.999+08:00", "length": 10, "unit": "working_days",
        "provisional": False,
    }
    bodies = [
        ("host", "opened", "2026-11-24T01:00:00.000Z", SYSTEM, None, {"uscc": "91000000000000000K", "note": "商场\t\"一\"号"}, {}),
        (STREAM, "received", "2026-11-24T02:00:00.001Z", CENTER, "odr-2026",
         {"diverted_at": "2026-11-24T10:00:00.000+08:00", "repeat": 0, "clocks": [clock]},
         {"body": b64(commitment(bytes([9]) * 32, STREAM, "body", "{}"))}),
        (STREAM, "accepted", "2026-11-24T02:10:00.999Z", CLERK, "odr-2026", {"first_responder": "11" * 16}, {}),
        (STREAM, "closed", "2026-11-25T02:10:00.000Z", CLERK, "odr-2026",
         {"outcome": "monetary", "method": "phone", "recovered_fen": 9007199254740991}, {}),
    ]
    rows, heads = [], {}
    for stream, kind, at, actor, rules, data, commit in bodies:
        n, prev = heads.get(stream, (0, None))
        leaf = {"v": 1, "origin": ORIGIN, "stream": stream, "n": n, "at": at, "kind": kind, "actor": actor, "data": data}
        if prev:
            leaf["prev"] = b64(prev)
        if rules:
            leaf |= {"rules": rules, "calendar": "cn-2026.1"}
        if commit:
            leaf["commit"] = commit
        data_bytes = canonical(leaf)
        heads[stream] = (n + 1, leaf_hash(data_bytes))
        rows.append({"bytes": data_bytes.decode(), "hash": b64(leaf_hash(data_bytes))})
    return rows


def checkpoint(size: int, head: bytes) -> tuple[str, dict]:
    seed = bytes(range(32))
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = b"\x01" + key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    key_id = hashlib.sha256(ORIGIN.encode() + b"\n" + public).digest()[:4]
    text = f"{ORIGIN}\n{size}\n{b64(head)}\n"
    signature = b64(key_id + key.sign(text.encode()))
    note = f"{text}\n\u2014 {ORIGIN} {signature}\n"
    return note, {"seed": seed.hex(), "vkey": f"{ORIGIN}+{key_id.hex()}+{b64(public)}", "origin": ORIGIN, "size": size, "root": b64(head)}


def main() -> None:
    rows = leaves()
    head = root([base64.b64decode(row["hash"]) for row in rows])
    note, about = checkpoint(len(rows), head)
    dump = lambda value: json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    (HERE / "leaf-v1.json").write_text(dump({"leaves": rows, "root": b64(head)}))
    (HERE / "commitment-v1.json").write_text(dump(commitments()))
    (HERE / "checkpoint-v1.txt").write_text(note)
    (HERE / "checkpoint-v1.json").write_text(dump(about))


if __name__ == "__main__":
    main()
