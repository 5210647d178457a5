"""Runs schemathesis against a running server from the committed OpenAPI document.

    python fuzz.py http://127.0.0.1:PORT KEYS TOKEN_FILE [schemathesis options]

The center-facing calls are signed one by one over the exact method, URL and body bytes; the
management API gets the static token in TOKEN_FILE. So that generated requests get past the front
door, valid complaints are given a valid consent, and most of the path parameters name complaints
and cases that exist. The seed is fixed: the same document gives the same requests, but for those
ids and the signatures.

schemathesis loads this very file as its hooks; what it needs to know comes through the environment.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "examples" / "python-center")]

from center import Center, RequestToken, encode, instant, load_keys  # noqa: E402  (found just above)
from check_center import COMPLAINTS, ISSUER, Probe  # noqa: E402
from planted import PHONE, PLAIN_NAME  # noqa: E402

SCHEMA = ROOT / "openapi" / "merchant.json"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
# Most of what the first pass generates is invalid on purpose and refused early, so the second asks
# for valid requests only.
PASSES = (
    ("--phases", "examples,coverage,fuzzing", "--max-examples", "20"),
    ("--phases", "fuzzing", "--mode", "positive", "--max-examples", "40"),
)
KNOWN_COMPLAINTS = 8


class StaticToken(requests.auth.AuthBase):
    """The management API's bearer token."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def install_hooks(merchant: str, keys: Path, token: str) -> None:
    """Tells schemathesis how to sign, and what exists."""
    center = Center(ISSUER, merchant, load_keys(keys))
    uscc = center.profile()["merchant"]["uscc"]
    bearer = StaticToken(token)
    # `requests` calls these last, with the final URL and the raw body, for every single request.
    schemathesis.auth.set_from_requests(
        RequestToken(center.keys["request"], ISSUER, center.merchant)
    ).apply_to(path_regex="^/green-channel/")
    schemathesis.auth.set_from_requests(bearer).apply_to(path_regex="^/(api|log/tile/entries)/")

    known = {
        "no": os.environ["GC_FUZZ_COMPLAINTS"].split(),
        "complaint_no": os.environ["GC_FUZZ_COMPLAINTS"].split(),
        "case_id": os.environ["GC_FUZZ_CASES"].split(),
    }

    @schemathesis.hook
    def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
        for name, value in (case.path_parameters or {}).items():
            # By what was generated and not by a counter, so that a repetition is the same request.
            draw = zlib.crc32(repr((value, case.query, case.body)).encode(errors="replace"))
            if known.get(name) and draw % 4:
                case.path_parameters[name] = known[name][draw // 4 % len(known[name])]
        if not generated_as_valid(case):
            return
        if case.operation.path == "/api/v1/cases/{case_id}/actions":
            # A guessed revision is a conflict, and says nothing about the action.
            path = f"/api/v1/cases/{quote(str(case.path_parameters['case_id']), safe='')}"
            current = requests.get(center.merchant + path, auth=bearer, timeout=30)
            if current.status_code == 200:
                case.body = case.body | {"expected_revision": current.json()["summary"]["revision"]}
        if case.operation.path == COMPLAINTS:
            # Check characters, phone numbers and signatures are beyond what a JSON Schema can say.
            number = case.body["complaint_no"]
            if len(number) < 8:  # short ones repeat, and would nearly all be conflicts
                number = f"fuzz-{secrets.token_hex(8)}"
            claims = center.consent_claims(number, uscc)
            case.body = case.body | {
                "complaint_no": number,
                "diverted_at": instant(),
                "consent": center.sign_consent(claims),
                "consumer": case.body["consumer"] | {"name": PLAIN_NAME, "phone": PHONE},
                "respondent": case.body["respondent"] | {"uscc": uscc},
            }


def generated_as_valid(case: Any) -> bool:
    """Whether schemathesis meant this body to satisfy the document."""
    body = case.meta.components.get(ParameterLocation.BODY) if case.meta else None
    return body is not None and body.mode == GenerationMode.POSITIVE


def known_ids(merchant: str, keys: Path, token: str) -> dict[str, str]:
    """Diverts a few complaints and asks the management API for their cases."""
    probe = Probe(merchant, keys)
    numbers = []
    for _ in range(KNOWN_COMPLAINTS):
        complaint = probe.complaint()
        answer = probe.post(encode(complaint))
        if answer.status_code != 201:
            raise SystemExit(f"a good complaint was answered {answer.status_code}")
        numbers.append(complaint["complaint_no"])
    answer = requests.get(
        f"{merchant}/api/v1/cases?limit={KNOWN_COMPLAINTS}", auth=StaticToken(token), timeout=30
    )
    if answer.status_code != 200:
        raise SystemExit(f"the list of cases was answered {answer.status_code}")
    cases = [case["case_id"] for case in answer.json()["cases"]]
    return {"GC_FUZZ_COMPLAINTS": " ".join(numbers), "GC_FUZZ_CASES": " ".join(cases)}


def main() -> int:
    """Prepares what exists and runs schemathesis twice; its worst exit code is ours."""
    if len(sys.argv) < 4:
        print(__doc__)
        return 2
    merchant, keys, token_file = sys.argv[1].rstrip("/"), Path(sys.argv[2]), Path(sys.argv[3])
    token = token_file.read_text().strip()
    environment = os.environ | known_ids(merchant, keys, token)
    environment |= {
        "SCHEMATHESIS_HOOKS": "fuzz",
        "PYTHONPATH": str(HERE),
        "GC_FUZZ_MERCHANT": merchant,
        "GC_FUZZ_KEYS": str(keys.resolve()),
        "GC_FUZZ_TOKEN_FILE": str(token_file.resolve()),
    }
    command = [
        *(sys.executable, "-m", "schemathesis.cli"),
        *("--config-file", str(HERE / "schemathesis.toml")),
        *("--no-color", "run", str(SCHEMA), "--url", merchant),
        *("--checks", ",".join(CHECKS), "--seed", "20261115", "--generation-database", "none"),
        *("--workers", "1", "--request-timeout", "10", "--continue-on-failure"),
    ]
    worst = 0
    with tempfile.TemporaryDirectory() as scratch:  # for the caches it leaves where it runs
        for options in PASSES:
            finished = subprocess.run(
                [*command, *options, *sys.argv[4:]], env=environment, cwd=scratch, check=False
            )
            worst = max(worst, abs(finished.returncode))
    return worst


if __name__ == "__main__":
    sys.exit(main())
elif "GC_FUZZ_MERCHANT" in os.environ:
    install_hooks(
        os.environ["GC_FUZZ_MERCHANT"],
        Path(os.environ["GC_FUZZ_KEYS"]),
        Path(os.environ["GC_FUZZ_TOKEN_FILE"]).read_text().strip(),
    )
