#!/usr/bin/env python3
"""Writes the working days 2004-2026 as PyPI chinesecalendar 1.11.0 knows them to standard output.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install chinesecalendar==1.11.0
    /tmp/venv/bin/python export_chinesecalendar.py > chinesecalendar-1.11.txt

Reads nothing of this repository, so that the table stays a second opinion about its data.
"""

import datetime
import sys
from importlib.metadata import version

import chinese_calendar

FIRST_YEAR, LAST_YEAR = 2004, 2026
EXPECTED = "1.11.0"


def marks(year: int) -> str:
    """One character per day of the year: W is worked, H is off."""
    day, out = datetime.date(year, 1, 1), []
    while day.year == year:
        out.append("W" if chinese_calendar.is_workday(day) else "H")
        day += datetime.timedelta(days=1)
    return "".join(out)


def main() -> None:
    found = version("chinesecalendar")
    if found != EXPECTED:
        sys.exit(f"chinesecalendar {found} is installed, the table is of {EXPECTED}")
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        print(year, marks(year))


if __name__ == "__main__":
    main()
