"""Makes uscc.txt and resident-id.txt with python-stdnum, a library we did not write.

    pip install python-stdnum && python make.py

Each line is `<number> <ok|bad>`. The numbers are made from a counter; none is taken from anybody.
"""
import pathlib

from stdnum.cn import ric, uscc

here = pathlib.Path(__file__).parent
alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def lines(numbers, module):
    for number in numbers:
        yield f"{number} {'ok' if module.is_valid(number) else 'bad'}\n"


def usccs():
    for count in range(60):
        base = f"91{count * 7919 % 1000000:06d}" + "".join(alphabet[(count * k * k + k) % 31] for k in range(9))
        check = uscc.calc_check_digit(base + "0")
        yield base + check
        yield base + alphabet[(alphabet.index(check) + 1 + count % 30) % 31]


def resident_ids():
    for count in range(60):
        base = f"110105{1950 + count}{count % 12 + 1:02d}{count % 28 + 1:02d}{count * 17 % 1000:03d}"
        check = ric.calc_check_digit(base + "0")
        yield base + check
        yield base + ("0" if check != "0" else "1")


(here / "uscc.txt").write_text("".join(lines(usccs(), uscc)))
(here / "resident-id.txt").write_text("".join(lines(resident_ids(), ric)))
