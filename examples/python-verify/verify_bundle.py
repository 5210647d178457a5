"""A second opinion on an audit bundle, with libraries that the makers of the log did not write.

    python3 verify_bundle.py BUNDLE [--index N] [--old-size M]

What it proves, if every line says `holds`: the log named in `policy` signed this checkpoint; every
cosignature of a witness named there holds and they make up its quorum; the entries in the folder
are, to the last bit and in this order, those the checkpoint commits to; the hash tiles are the
hashes of these entries; and an inclusion and a consistency proof built from the tiles lead to the
signed root. Ed25519 is done by `cryptography`; the files of the log (C2SP tlog-tiles) and its tree
(RFC 6962, kept by RFC 9162: hashes, roots, proofs and their verification) by `tlog-scales`.

What it does not prove: that what the entries say is right by the rules (deadlines, roles, states
are judged by `green-channel-verify`); that `policy` holds the right keys (it comes with the bundle:
compare it with the one you were given elsewhere); or that everything that happened was logged.

Exit codes: 0 everything holds; 1 something does not; 2 the folder cannot be read, or the arguments
do not fit it.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import Tile, TilesReader
from tlog_scales.tiles import leaf_hash, tile_path
from tlog_scales.tlog import ConsistencyProofInvalid, InclusionProofInvalid

WIDTH = 256  # entries in a full bundle, hashes in a full tile
ENTRIES = -1  # what tlog-scales takes for the level of the entry bundles
HASH_BYTES = 32
ED25519 = 1  # the types of key in a C2SP verifier key
COSIGNATURE_V1 = 4
BROKEN_TILE = (RuntimeError, ValueError, IndexError)  # of tlog-scales, for a tile that is not whole


class DoesNotHold(Exception):
    """Something in the bundle is not as it must be; the message says what."""


class OutOfRange(Exception):
    """The log is too small for what the command line asks."""


# --- the tree -----------------------------------------------------------------------------------


class Tree(TilesReader):
    """The library's tree over a list of leaf hashes. Only the list is ours: the library hashes."""

    def __init__(self, hashes: list[bytes]) -> None:
        super().__init__(LocalBackend(Path()))  # which is never asked
        self.set_size(len(hashes))
        self.hashes = hashes

    @staticmethod
    def mth_in_tile(start: int, end: int) -> tuple[int, int, int] | None:
        """Where a hash is stored: those of leaves only, so that all others are computed."""
        return (0, *divmod(start, WIDTH)) if end == start + 1 else None

    def _get_from_tile(self, level: int, tile: int, place: int) -> bytes:
        return self.hashes[tile * WIDTH + place]


# --- signed notes (C2SP signed-note, tlog-checkpoint, tlog-cosignature) -------------------------


@dataclass(frozen=True)
class Key:
    """A verifier key: whose, its id in signature lines, and the Ed25519 key itself."""

    name: str
    id: bytes
    public: bytes


@dataclass(frozen=True)
class Note:
    """The text that is signed, and its signature lines as (name, key id, signature)."""

    text: str
    signatures: list[tuple[str, bytes, bytes]]

    def of(self, key: Key) -> list[bytes]:
        """The signatures that claim to be by this key."""
        return [sig for name, id_, sig in self.signatures if (name, id_) == (key.name, key.id)]


@dataclass(frozen=True)
class Checkpoint:
    """The head of the log: its name, how many entries, their root."""

    origin: str
    size: int
    root: bytes


def unbase64(text: str, what: str) -> bytes:
    """Base64 in its one form: what would come out differently when written again is refused."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = b""
    if not data or base64.b64encode(data).decode() != text:
        raise DoesNotHold(f"{what} is not base64")
    return data


def read_text(path: Path) -> str:
    """A file as text, byte for byte: line endings stay what they are, for they are signed."""
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise DoesNotHold(f"{path.name} is not UTF-8") from None
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text):
        raise DoesNotHold(f"{path.name} has a control character (a carriage return is one)")
    return text


def parse_key(vkey: str, wanted: int) -> Key:
    """Reads `name+id+base64(type, key)`; the id must be the hash of the rest."""
    name, _, rest = vkey.partition("+")
    id_, _, key = rest.partition("+")
    data = unbase64(key, f"the key of {name}")
    if data[0] != wanted or len(data) != 1 + HASH_BYTES:
        raise DoesNotHold(f"the key of {name} is not an Ed25519 key of type {wanted}")
    hashed = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
    if hashed.hex() != id_:
        raise DoesNotHold(f"the id of the key of {name} is {id_}, but its hash is {hashed.hex()}")
    return Key(name, hashed, data[1:])


def parse_note(text: str) -> Note:
    """Splits a signed note at its last empty line; nothing is believed yet."""
    body, gap, lines = text.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise DoesNotHold("checkpoint is not a signed note: text, an empty line, signatures")
    signatures = []
    for line in lines[:-1].split("\n"):
        match = re.fullmatch(r"— ([^\s+]+) (\S+)", line)
        if not match:
            raise DoesNotHold(f"checkpoint has a signature line that does not read: {line!a}")
        data = unbase64(match[2], f"the signature line of {match[1]}")
        signatures.append((match[1], data[:4], data[4:]))
    return Note(body + "\n", signatures)


def parse_checkpoint(text: str) -> Checkpoint:
    """Reads origin, size and root, each on its line and nothing else."""
    match = re.fullmatch(r"(\S+)\n(0|[1-9][0-9]{0,17})\n(\S+)\n", text)
    if not match:
        raise DoesNotHold("checkpoint is not origin, size and root, each on its line")
    root = unbase64(match[3], "the root in checkpoint")
    if len(root) != HASH_BYTES:
        raise DoesNotHold("the root in checkpoint is not a SHA-256 hash")
    return Checkpoint(match[1], int(match[2]), root)


# --- the policy (C2SP tlog-policy) --------------------------------------------------------------


@dataclass
class Policy:
    """Which logs and witnesses count, and who must have cosigned (None: nobody)."""

    logs: list[Key] = field(default_factory=list)
    witnesses: dict[str, Key] = field(default_factory=dict)
    groups: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    quorum: str | None = None

    def is_met(self, name: str | None, cosigned: set[str]) -> bool:
        """Whether these witnesses make up this witness, group or quorum."""
        if name is None or name in cosigned:
            return True
        least, members = self.groups.get(name, (1, []))
        return sum(self.is_met(member, cosigned) for member in members) >= least


def parse_policy(text: str) -> Policy:
    """Reads a policy. A name stands in a line before it is used; nobody counts twice."""
    policy, quorums, grouped = Policy(), 0, set[str]()
    for number, line in enumerate(text.split("\n"), 1):
        known = {*policy.witnesses, *policy.groups}
        free = known - grouped
        match line.split():
            case []:
                pass
            case [first, *_] if first.startswith("#"):
                pass
            case ["log", vkey] | ["log", vkey, _]:
                policy.logs.append(parse_key(vkey, ED25519))
            case ["witness", name, vkey] | ["witness", name, vkey, _] if is_new(name, known):
                policy.witnesses[name] = parse_key(vkey, COSIGNATURE_V1)
            case ["group", name, least, *members] if is_new(name, known) and free >= set(members):
                policy.groups[name] = (group_size(least, members), members)
                grouped.update(members)
            case ["quorum", name] if name == "none" or name in known:
                quorums, policy.quorum = quorums + 1, None if name == "none" else name
            case _:
                raise DoesNotHold(f"policy, line {number} does not read: {line!a}")
    if quorums != 1:
        raise DoesNotHold(f"policy has {quorums} quorum lines instead of one")
    if len({key.public for key in policy.witnesses.values()}) < len(policy.witnesses):
        raise DoesNotHold("policy names one key as two witnesses")
    return policy


def is_new(name: str, known: set[str]) -> bool:
    """Whether a witness or a group can still take this name."""
    return name != "none" and name not in known


def group_size(least: str, members: list[str]) -> int:
    """How many members of a group it takes: `all`, `any` or a number."""
    count = len(set(members))
    size = {"all": count, "any": 1}.get(least)
    if size is None:
        size = int(least) if re.fullmatch(r"[1-9][0-9]?", least) else 0
    if count < len(members) or not 0 < size <= count:
        raise DoesNotHold(f"policy has a group of {least!a} among {members}")
    return size


# --- the files of the log (C2SP tlog-tiles) -----------------------------------------------------


def tiles(folder: Path, level: int, count: int) -> Iterator[bytes]:
    """What is in the tiles of a level, one hash (or entry) after the other, so many in all."""
    parse = Tile.from_entries_bytes if level == ENTRIES else Tile.from_hash_bytes
    for start in range(0, count, WIDTH):
        width = min(WIDTH, count - start)
        path = "/".join(tile_path(level, start // WIDTH, width % WIDTH))
        data = (folder / path).read_bytes()
        try:
            tile = parse(data)
        except ValueError as error:
            raise DoesNotHold(f"{path}: {error}") from None
        if tile.length != width:
            raise DoesNotHold(f"{path} holds {tile.length}, not {width}")
        yield from tile.entries


# --- the checks: each returns what it found, or raises DoesNotHold ------------------------------


def check_log_signature(note: Note, head: Checkpoint, policy: Policy) -> str:
    """A log of the policy signed the text under its own name, and no line of its key is wrong."""
    signed = []
    for key in (key for key in policy.logs if key.name == head.origin):
        for signature in note.of(key):
            verify_signature(key, signature, note.text)
            signed.append(f"{key.name}+{key.id.hex()}")
    if not signed:
        raise DoesNotHold(f"no log in policy signed for {head.origin}")
    return f"{', '.join(signed)} signed size {head.size}, root {head.root.hex()}"


def check_witnesses(note: Note, policy: Policy) -> str:
    """Every line of a witness in the policy holds, and those that cosigned make up the quorum."""
    cosigned: dict[str, str] = {}
    for name, key in policy.witnesses.items():
        for line in note.of(key):
            seconds = int.from_bytes(line[:8], "big")
            verify_signature(key, line[8:], f"cosignature/v1\ntime {seconds}\n{note.text}")
            cosigned[name] = f"{name} at {instant(seconds)}"
    found = ", ".join(cosigned.values()) or "nobody"
    if not policy.is_met(policy.quorum, set(cosigned)):
        raise DoesNotHold(f"the quorum {policy.quorum} is not met, cosigned by {found}")
    return f"cosigned by {found}; the quorum is {policy.quorum or 'none'}"


def verify_signature(key: Key, signature: bytes, text: str) -> None:
    """Ed25519, by `cryptography`."""
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text.encode())
    except InvalidSignature:
        raise DoesNotHold(f"the signature of {key.name} is wrong") from None


def instant(seconds: int) -> str:
    """A moment in UTC, if a calendar has it."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return f"second {seconds}"


def check_root(entries: Tree, head: Checkpoint) -> str:
    """The root over all entries is the one that was signed."""
    root = entries.calculate_root_hash()
    if root != head.root:
        raise DoesNotHold(f"over the {head.size} entries it is {root.hex()}, not {head.root.hex()}")
    return f"computed over all {head.size} entries"


def check_leaf_tiles(folder: Path, entries: Tree) -> str:
    """The tiles of level 0 hold the leaf hashes of the entries."""
    compare(0, entries.hashes, list(tiles(folder, 0, len(entries.hashes))))
    return f"tile/0 holds the leaf hash of each of {len(entries.hashes)} entries"


def check_upper_tiles(folder: Path, entries: Tree) -> str:
    """Each hash of an upper level is the root of a full tile of the level below it."""
    level, hashes, count = 0, entries.hashes, 0
    while len(hashes) >= WIDTH:
        full = range(0, len(hashes) - WIDTH + 1, WIDTH)
        hashes = [Tree(hashes[at : at + WIDTH]).calculate_root_hash() for at in full]
        level += 1
        compare(level, hashes, list(tiles(folder, level, len(hashes))))
        count += len(hashes)
    return f"{count} roots of full tiles, up to tile/{level}" if count else "no tile is full yet"


def compare(level: int, computed: list[bytes], stored: list[bytes]) -> None:
    """Names the first stored hash that is not the computed one."""
    for place, (ours, theirs) in enumerate(zip(computed, stored, strict=True)):
        if ours != theirs:
            raise DoesNotHold(f"hash {place} of tile/{level} is {theirs.hex()}, not {ours.hex()}")


def check_inclusion(entries: Tree, stored: TilesReader, head: Checkpoint, index: int) -> str:
    """The tiles prove that the entry at this place (counted from 0) is in the signed log."""
    try:
        proof = stored.get_inclusion_proof(index, head.size)
        proof.check(entries.hashes[index], head.root)
    except (InclusionProofInvalid, *BROKEN_TILE) as error:
        raise DoesNotHold(f"of entry {index} in {head.size}: {error}") from None
    return f"entry {index} is in the log of {head.size}, by {len(proof.node_hashes)} hashes"


def check_consistency(entries: Tree, stored: TilesReader, head: Checkpoint, old: int) -> str:
    """The tiles prove that the signed log only added to what it was at the old size."""
    old_root = entries.mth(0, old)
    try:
        proof = stored.get_consistency_proof(old, head.size)
        proof.check(old_root, head.root)
    except (ConsistencyProofInvalid, *BROKEN_TILE) as error:
        raise DoesNotHold(f"from {old} to {head.size}: {error}") from None
    return f"the log of {head.size} extends that of {old}, whose root is {old_root.hex()}"


# --- the command line ---------------------------------------------------------------------------


class Report:
    """Prints one line per check and counts those that do not hold."""

    def __init__(self) -> None:
        self.failures = 0

    def check(self, name: str, check: Callable[..., str], *arguments: object) -> None:
        """Runs one check."""
        try:
            print(f"holds  {name}: {check(*arguments)}")
        except DoesNotHold as error:
            self.fail(name, error)

    def fail(self, name: str, error: DoesNotHold) -> None:
        """Says what does not hold."""
        self.failures += 1
        print(f"FAILS  {name}: {error}")


def verify(folder: Path, index: int | None, old_size: int | None, report: Report) -> None:
    """All checks, in an order in which each builds on those before it."""
    policy = parse_policy(read_text(folder / "policy"))
    note = parse_note(read_text(folder / "checkpoint"))
    head = parse_checkpoint(note.text)
    report.check("log signature", check_log_signature, note, head, policy)
    report.check("witnesses", check_witnesses, note, policy)

    entries = Tree([leaf_hash(entry) for entry in tiles(folder, ENTRIES, head.size)])
    report.check("root", check_root, entries, head)
    report.check("leaf tiles", check_leaf_tiles, folder, entries)
    report.check("upper tiles", check_upper_tiles, folder, entries)

    if head.size == 0 and index is None and old_size is None:
        return  # an empty log has nothing to prove
    index = head.size // 2 if index is None else index
    old_size = max(1, head.size // 2) if old_size is None else old_size
    if not (0 <= index < head.size and 0 < old_size <= head.size):
        raise OutOfRange(f"the log has {head.size} entries: --index or --old-size does not fit")
    stored = TilesReader(LocalBackend(folder))
    stored.set_size(head.size)
    report.check("inclusion proof", check_inclusion, entries, stored, head, index)
    report.check("consistency proof", check_consistency, entries, stored, head, old_size)


def main(argv: list[str] | None = None) -> int:
    """Reads the arguments, verifies, and says the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="the folder of the bundle")
    parser.add_argument("--index", type=int, metavar="N", help="prove this entry, counted from 0")
    parser.add_argument("--old-size", type=int, metavar="M", help="prove growth from this size")
    arguments = parser.parse_args(argv)
    report = Report()
    try:
        verify(arguments.bundle, arguments.index, arguments.old_size, report)
    except DoesNotHold as error:
        report.fail("format (the checks after this were not made)", error)
    except (OSError, OutOfRange) as error:
        print(f"cannot go on: {error}", file=sys.stderr)
        return 1 if report.failures else 2
    print(f"checks that do not hold: {report.failures}" if report.failures else "everything holds")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
