"""A third independent hand: cn-amount (Python). It is asked about every amount.

What it writes otherwise than we do:
- 兆 for 10^12, which the regulation does not know: 万亿.
- 零 before 分 where there are neither yuan nor jiao (零壹分).
- 零 between a 0 in the place of 万 or 亿 and the thousands that follow (壹拾万零柒仟元). The regulation
  lets it stand or not. Where no ten thousands are there at all (叁拾亿零玖仟元), we write it too.
"""

import re
import sys
from decimal import Decimal
from importlib.metadata import version

from cn_amount import CNAmount

assert version("cn-amount") == "0.0.5"


def written(words):
    words = re.sub("^零(?=.分)", "", words)
    words = words.replace("兆", "万" if "亿" in words else "万亿")
    words = re.sub("(?<=[拾佰仟]万)零(?=.仟)", "", words)
    # Ten thousands must follow: else it is they that are empty.
    return re.sub("(?<=[拾佰仟万]亿)零(?=.仟.*万)", "", words)


amounts = CNAmount()
for line in sys.stdin:
    fen = int(line)
    print(f"{fen},人民币{written(amounts.amount_to_chinese(Decimal(fen) / 100))}")
