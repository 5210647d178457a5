"""Another independent hand: cn2an (Python).

It leaves out 零 where there are no ten thousands between 亿 and thousands (叁拾亿玖仟元). The regulation
lets it stand or not there; we write it, as nzh and cn-amount do.
"""

import re
import sys
from importlib.metadata import version

import cn2an

assert version("cn2an") == "0.5.24"

for line in sys.stdin:
    fen = int(line)
    words = cn2an.an2cn(f"{fen // 100}.{fen % 100:02d}", "rmb") if fen else "零元整"
    words = re.sub("亿(?=.仟[^万]*元)", "亿零", words)
    print(f"{fen},人民币{words}")
