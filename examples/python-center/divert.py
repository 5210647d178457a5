"""Plays a 12315 center on the command line: diverts one complaint and checks what comes back.

    python divert.py --keys DIR --make-keys
    python divert.py --keys DIR --merchant http://127.0.0.1:8315 [--complaint FILE]

Prints case facts only, never the consumer's data.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import jwt
import requests
from center import CHINA, Center, ProtocolError, instant, load_keys, make_keys


def sample_complaint(uscc: str) -> dict[str, Any]:
    """A made-up complaint under a fresh number."""
    today = datetime.now(CHINA)
    return {
        "complaint_no": f"{today:%Y%m%d}{secrets.randbelow(10**12):012}",
        "consumer": {"name": "阿依古丽·买买提", "phone": "13800000000"},
        "respondent": {"uscc": uscc, "name": "示例商城", "stall_no": "A-102"},
        "goods": {"kind": "clothing", "name": "羽绒服", "order_no": "DEMO-0001"},
        "issue": "quality",
        "requests": ["return_goods"],
        "amount_fen": 29900,
        "facts": "衣服穿了两天就跑绒，要求退货，店家不同意。",
        "happened_on": f"{today:%Y-%m-%d}",
        "channel": "app",
    }


def complete(center: Center, complaint: dict[str, Any]) -> dict[str, Any]:
    """Adds what the center itself vouches for: the moment of diversion and the signed consent."""
    claims = center.consent_claims(complaint["complaint_no"], complaint["respondent"]["uscc"])
    return {"diverted_at": instant(), **complaint, "consent": center.sign_consent(claims)}


def divert(arguments: argparse.Namespace) -> None:
    """Divert, verify the receipt, track, urge, check the log."""
    center = Center(arguments.issuer, arguments.merchant, load_keys(arguments.keys))
    if arguments.complaint:
        complaint = json.loads(arguments.complaint.read_text(encoding="utf-8"))
    else:
        complaint = sample_complaint(center.profile()["merchant"]["uscc"])
    number = complaint["complaint_no"]

    receipt = center.divert(complete(center, complaint))
    print(f"diverted {number}: receipt verified, received at {receipt['received_at']}")
    print(f"  in the log {receipt['log_origin']} by {receipt['merge_by']}")

    standing = center.track(number)
    print(f"tracking: {standing['state']}, version {standing['version']}")
    for clock in standing["clocks"]:
        print(f"  clock {clock['kind']}: due {clock['due_on']}")

    answer = center.notify(number, "urge", {})
    print(f"urged: {answer['outcome']}, now {answer['state']}")

    origin, size, root = center.checkpoint()
    print(f"log {origin}: {size} entries, root {root}, signature verified")


def main() -> int:
    """Reads the arguments; 0 when everything was checked, 1 with one line of cause otherwise."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keys", type=Path, required=True, metavar="DIR", help="the center's keys")
    parser.add_argument("--make-keys", action="store_true", help="make DIR/*.pem and DIR/jwks.json")
    parser.add_argument("--merchant", metavar="URL", help="the merchant's public base URL")
    parser.add_argument("--complaint", type=Path, metavar="FILE", help="JSON without the consent")
    parser.add_argument("--issuer", default="https://center.example", help="who we say we are")
    arguments = parser.parse_args()
    if not arguments.make_keys and not arguments.merchant:
        parser.error("give --merchant URL, or --make-keys")
    try:
        if arguments.make_keys:
            make_keys(arguments.keys)
            print(f"pin {arguments.keys / 'jwks.json'} in the merchant's configuration")
        if arguments.merchant:
            divert(arguments)
    except (ProtocolError, jwt.PyJWTError, requests.RequestException, OSError) as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
