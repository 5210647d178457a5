"""Self-test: an honest bundle passes; one flipped bit anywhere does not, and is named.

    python3 test_verify_bundle.py

The bundles are built here with hashlib alone, straight from the definitions in RFC 6962, so that
neither tlog-scales nor verify_bundle.py is measured against itself.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import tempfile
import unittest
from pathlib import Path

import verify_bundle
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tlog_scales.tiles import leaf_hash

ORIGIN, WITNESS = "mall.example/log", "12315.example/witness"
SIZE, COSIGNED_AT = 700, 1_795_485_600
LOG_KEY = Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32)
WITNESS_KEY = Ed25519PrivateKey.from_private_bytes(bytes([2]) * 32)

# The published vectors of the Certificate Transparency project: eight leaves, and the root over the
# first n of them (github.com/transparency-dev/merkle, testonly/constants.go).
CT_LEAVES = (
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)
CT_ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


# --- an honest bundle ---------------------------------------------------------------------------


def leaf(entry: bytes) -> bytes:
    """RFC 6962: the hash of a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def root_of(hashes: list[bytes]) -> bytes:
    """RFC 6962: the root over leaf hashes, split at the largest power of two below their number."""
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256(b"").digest()
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + root_of(hashes[:split]) + root_of(hashes[split:])).digest()


def key_id(name: str, kind: int, key: Ed25519PrivateKey) -> bytes:
    """C2SP signed-note: the id by which a signature line names its key."""
    typed = bytes([kind]) + key.public_key().public_bytes_raw()
    return hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]


def vkey(name: str, kind: int, key: Ed25519PrivateKey) -> str:
    """C2SP signed-note: the verifier key."""
    typed = bytes([kind]) + key.public_key().public_bytes_raw()
    return f"{name}+{key_id(name, kind, key).hex()}+{base64.b64encode(typed).decode()}"


def checkpoint(size: int, root: bytes) -> str:
    """A checkpoint with the signature of the log and the cosignature of the witness."""
    text = f"{ORIGIN}\n{size}\n{base64.b64encode(root).decode()}\n"
    signature = key_id(ORIGIN, 1, LOG_KEY) + LOG_KEY.sign(text.encode())
    said = f"cosignature/v1\ntime {COSIGNED_AT}\n{text}".encode()
    time = COSIGNED_AT.to_bytes(8, "big")
    cosignature = key_id(WITNESS, 4, WITNESS_KEY) + time + WITNESS_KEY.sign(said)
    lines = ((ORIGIN, signature), (WITNESS, cosignature))
    signed = "".join(f"— {name} {base64.b64encode(line).decode()}\n" for name, line in lines)
    return f"{text}\n{signed}"


def policy(rest: str) -> str:
    """A policy with the log, the witness, one that never cosigns, and these last lines."""
    absent = Ed25519PrivateKey.from_private_bytes(bytes([3]) * 32)
    return (
        f"# who counts\nlog {vkey(ORIGIN, 1, LOG_KEY)}\n\n"
        f"witness center\t{vkey(WITNESS, 4, WITNESS_KEY)} https://{WITNESS}\n"
        f"witness absent {vkey('absent.example', 4, absent)}\n{rest}"
    )


def write_tiles(folder: Path, kind: str, items: list[bytes]) -> None:
    """Files of 256 items; the last one, if it is not full, under `.p`."""
    for start in range(0, len(items), 256):
        some, index = items[start : start + 256], start // 256
        place = f"{index:03}" if len(some) == 256 else f"{index:03}.p/{len(some)}"
        path = folder / "tile" / kind / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(some))


def write_bundle(folder: Path, size: int = SIZE) -> bytes:
    """A whole bundle of made-up entries; gives its root."""
    entries = [f'{{"seq":{n},"文":"{"x" * (n % 50)}"}}'.encode() for n in range(size)]
    hashes = [leaf(entry) for entry in entries]
    root, level = root_of(hashes), 0
    write_tiles(folder, "entries", [len(entry).to_bytes(2, "big") + entry for entry in entries])
    while hashes:
        write_tiles(folder, str(level), hashes)
        full = range(0, len(hashes) - 255, 256)
        hashes = [root_of(hashes[start : start + 256]) for start in full]
        level += 1
    (folder / "policy").write_text(policy("quorum center\n"), encoding="utf-8")
    (folder / "checkpoint").write_bytes(checkpoint(size, root).encode())
    return root


# --- the tests ----------------------------------------------------------------------------------


class VerifyBundle(unittest.TestCase):
    """Each test has a bundle of its own to spoil."""

    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        self.root = write_bundle(self.folder)

    def run_script(self, *arguments: str, folder: Path | None = None) -> tuple[int, str]:
        """The exit code and all that was said."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = verify_bundle.main([str(folder or self.folder), *arguments])
        return code, said.getvalue()

    def assert_fails(self, names: set[str], *arguments: str) -> None:
        """Exactly these checks fail, and the exit code says so."""
        code, said = self.run_script(*arguments)
        lines = (line for line in said.splitlines() if line.startswith("FAILS"))
        failed = {line.removeprefix("FAILS  ").partition(":")[0] for line in lines}
        self.assertEqual((code, failed), (1, names), said)

    def flip(self, path: str, at: int) -> None:
        """Turns one bit of a file."""
        data = bytearray((self.folder / path).read_bytes())
        data[at] ^= 1
        (self.folder / path).write_bytes(data)

    def flip_signature(self, line: int) -> None:
        """Turns one bit in a signature line of the checkpoint: 4 is the log, 5 the witness."""
        path = self.folder / "checkpoint"
        lines = path.read_bytes().decode().split("\n")
        start, _, encoded = lines[line].rpartition(" ")
        data = bytearray(base64.b64decode(encoded))
        data[-1] ^= 1
        lines[line] = f"{start} {base64.b64encode(data).decode()}"
        path.write_bytes("\n".join(lines).encode())

    def test_the_library_computes_the_roots_of_the_published_vectors(self) -> None:
        hashes = [leaf_hash(bytes.fromhex(entry)) for entry in CT_LEAVES]
        for size, root in enumerate(CT_ROOTS):
            self.assertEqual(verify_bundle.Tree(hashes).mth(0, size).hex(), root)

    def test_an_honest_bundle_holds(self) -> None:
        code, said = self.run_script()
        self.assertEqual(code, 0, said)
        self.assertEqual(said.count("holds  "), 7, said)
        self.assertIn("entry 350 is in the log of 700", said)
        self.assertIn("extends that of 350", said)
        self.assertIn("center at 2026-11-24T02:00:00Z", said)

    def test_it_holds_at_every_edge(self) -> None:
        for index, old_size in ((0, 1), (255, 255), (256, 256), (511, 512), (699, 699), (699, 700)):
            code, said = self.run_script("--index", str(index), "--old-size", str(old_size))
            self.assertEqual(code, 0, said)

    def test_logs_of_every_shape_hold(self) -> None:
        for size in (0, 1, 2, 3, 255, 256, 257, 512, 65_537):
            with tempfile.TemporaryDirectory() as folder:
                write_bundle(Path(folder), size)
                code, said = self.run_script(folder=Path(folder))
                self.assertEqual(code, 0, f"{size}: {said}")

    def test_a_flipped_bit_in_an_entry_fails(self) -> None:
        self.flip("tile/entries/002.p/188", 10)
        self.assert_fails({"root", "leaf tiles"})
        self.assert_fails({"root", "leaf tiles", "inclusion proof"}, "--index", "512")
        self.assert_fails({"root", "leaf tiles", "consistency proof"}, "--old-size", "513")

    def test_a_flipped_bit_in_the_length_of_an_entry_fails(self) -> None:
        self.flip("tile/entries/002.p/188", 0)
        self.assert_fails({"format (the checks after this were not made)"})

    def test_a_flipped_bit_in_a_hash_tile_fails(self) -> None:
        self.flip("tile/0/001", 32 * 100)
        self.assert_fails({"leaf tiles", "inclusion proof", "consistency proof"})

    def test_a_flipped_bit_in_an_upper_tile_fails(self) -> None:
        self.flip("tile/1/000.p/2", 0)
        self.assert_fails({"upper tiles", "inclusion proof", "consistency proof"})
        self.assert_fails({"upper tiles"}, "--index", "0", "--old-size", "700")

    def test_a_tile_that_is_cut_short_fails(self) -> None:
        for path, rest in (("tile/1/000.p/2", 32), ("tile/1/000.p/2", 31), ("tile/0/000", 0)):
            with self.subTest(path=path, rest=rest):
                data = (self.folder / path).read_bytes()
                (self.folder / path).write_bytes(data[:rest])
                self.assertEqual(self.run_script("--index", "0", "--old-size", "512")[0], 1)
                (self.folder / path).write_bytes(data)

    def test_a_flipped_bit_in_the_root_fails(self) -> None:
        path, wrong = self.folder / "checkpoint", bytes([self.root[0] ^ 1]) + self.root[1:]
        ours, theirs = (base64.b64encode(root).decode() for root in (self.root, wrong))
        path.write_text(path.read_text("utf-8").replace(ours, theirs), "utf-8")
        proofs = {"root", "inclusion proof", "consistency proof"}
        self.assert_fails({"log signature", "witnesses"} | proofs)
        # The same wrong root, but signed: then the tree alone tells.
        path.write_text(checkpoint(SIZE, wrong), "utf-8")
        self.assert_fails(proofs)

    def test_a_flipped_bit_in_a_signature_fails(self) -> None:
        self.flip_signature(4)
        self.assert_fails({"log signature"})
        self.flip_signature(4)
        self.flip_signature(5)
        self.assert_fails({"witnesses"})

    def test_any_flipped_bit_of_the_checkpoint_fails(self) -> None:
        write_bundle(self.folder, 3)
        path = self.folder / "checkpoint"
        honest = path.read_bytes()
        for bit in range(8 * len(honest)):
            spoilt = bytearray(honest)
            spoilt[bit // 8] ^= 1 << bit % 8
            path.write_bytes(spoilt)
            self.assertEqual(self.run_script()[0], 1, f"bit {bit}")

    def test_the_quorum_decides_how_many_witnesses_it_takes(self) -> None:
        for rest, holds in (
            ("quorum none\n", True),
            ("quorum absent\n", False),
            ("group g any center absent\nquorum g\n", True),
            ("group g 2 center absent\nquorum g\n", False),
            ("group g all center\ngroup h all g absent\nquorum h\n", False),
        ):
            (self.folder / "policy").write_text(policy(rest), "utf-8")
            code, said = self.run_script()
            self.assertEqual((code, "FAILS  witnesses" in said), (0, False) if holds else (1, True))

    def test_a_policy_that_does_not_read_fails(self) -> None:
        for rest in (
            "",
            "quorum nobody\n",
            "quorum none\nquorum none\n",
            "group g 3 center absent\nquorum g\n",
            "group g 0 center\nquorum g\n",
            "group g 2 center center\nquorum g\n",
            "group g any center\ngroup h any center\nquorum h\n",
            f"witness again {vkey('again.example', 4, WITNESS_KEY)}\nquorum again\n",
            f"witness center {vkey('center.example', 4, LOG_KEY)}\nquorum center\n",
        ):
            (self.folder / "policy").write_text(policy(rest), "utf-8")
            self.assert_fails({"format (the checks after this were not made)"})

    def test_a_folder_that_cannot_be_read_is_neither(self) -> None:
        self.assertEqual(self.run_script(folder=self.folder / "nowhere")[0], 2)
        self.assertEqual(self.run_script("--index", "700")[0], 2)
        self.assertEqual(self.run_script("--old-size", "0")[0], 2)
        (self.folder / "tile/entries/001").unlink()
        self.assertEqual(self.run_script()[0], 2)


if __name__ == "__main__":
    unittest.main()
