"""Makes uscc.txt: 120 codes of firms, each with the verdict of python-stdnum.

    pip install python-stdnum==2.2
    python make.py

No firm has them: they stand in regions that do not exist, except two published examples.
"""

import random
from pathlib import Path

from stdnum.cn import uscc

HERE = Path(__file__).parent
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
random.seed(12315)


def organisation_check(eight: str) -> str:
    values = [int(c, 36) for c in eight]
    left = sum(v * w for v, w in zip(values, (3, 7, 9, 10, 5, 8, 4, 2))) % 11
    return {0: "0", 1: "X"}.get(left, str(11 - left))


def uscc_is_valid(code: str) -> bool:
    # The judge tidies spaces and small letters up first; a business licence has neither.
    return code == uscc.compact(code) and uscc.is_valid(code)


def firm(sound_organisation: bool) -> str:
    eight = "".join(random.choices(ALPHABET, k=8))
    check = organisation_check(eight)
    if not sound_organisation:
        check = random.choice([c for c in "0123456789X" if c != check])
    region = "0" + "".join(random.choices("0123456789", k=5))
    seventeen = random.choice(["91", "92", "93", "11", "52"]) + region + eight + check
    return seventeen + uscc.calc_check_digit(seventeen)


def firms() -> list[str]:
    codes = ["91350100M000100Y43", "91110000600037341L", "91000000000000000K"]
    codes += [firm(True) for _ in range(48)] + [firm(False) for _ in range(9)]
    for _ in range(31):  # one character exchanged for another
        code = list(firm(True))
        at = random.randrange(8, 18)
        code[at] = random.choice([c for c in ALPHABET if c != code[at]])
        codes.append("".join(code))
    for _ in range(20):  # two neighbours that differ swapped
        code = list(firm(True))
        at = random.choice([i for i in range(8, 17) if code[i] != code[i + 1]])
        code[at], code[at + 1] = code[at + 1], code[at]
        codes.append("".join(code))
    for letter in "IOSVZ":
        code = firm(True)
        codes.append(code[:12] + letter + code[13:])
    good = "91350100M000100Y43"
    codes += [good.lower(), good[:-1], good + "0", good[:17] + "4"]
    return codes


def main() -> None:
    codes = firms()
    lines = [f"{code} {'ok' if uscc_is_valid(code) else 'bad'}" for code in codes]
    (HERE / "uscc.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
