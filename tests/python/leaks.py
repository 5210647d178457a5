"""Looks for the planted personal data in files and folders: the server's log and its data folder.

    python leaks.py PATH...

Searches plain UTF-8 and the disguises it commonly ends up in (JSON escapes, UTF-16, hex, base64).
Prints where something was found, never what. It first proves to itself that it can find anything.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from planted import PERSONAL


def disguises(value: str) -> Iterator[tuple[str, bytes]]:
    """Every form of one value that is searched for, with its name."""
    raw = value.encode()
    yield "UTF-8", raw
    yield "UTF-16", value.encode("utf-16-le")
    yield "hex", raw.hex().encode()
    yield "JSON escapes", json.dumps(value)[1:-1].encode()
    for shift in range(3):
        # Only the groups of three bytes that lie wholly inside the value encode independently.
        inner = raw[shift : shift + (len(raw) - shift) // 3 * 3]
        yield f"base64, shift {shift}", base64.b64encode(inner)
        yield f"base64url, shift {shift}", base64.urlsafe_b64encode(inner)


NEEDLES = [
    (number, name, needle)
    for number, value in enumerate(PERSONAL)
    for name, needle in dict(disguises(value)).items()
]


def found_in(data: bytes) -> list[str]:
    """Which planted values (by number) stand in these bytes, and in what form."""
    return [f"value {number} as {name}" for number, name, needle in NEEDLES if needle in data]


def main() -> int:
    """0 when nothing was found, 1 otherwise."""
    for value in PERSONAL:
        if not found_in(b"..." + base64.b64encode(b"x" + value.encode())) or not found_in(
            value.encode()
        ):
            print("the search does not find what was planted for it; fix leaks.py")
            return 1
    files = [
        file
        for path in map(Path, sys.argv[1:])
        for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
        if file.is_file()
    ]
    hits = [(file, what) for file in files for what in found_in(file.read_bytes())]
    for file, what in hits:
        print(f"leak: {what} in {file}")
    print(f"{len(files)} files searched for {len(PERSONAL)} planted values, {len(hits)} found")
    return 1 if hits or not files else 0


if __name__ == "__main__":
    sys.exit(main())
