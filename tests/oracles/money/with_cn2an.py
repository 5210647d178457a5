"""Another independent hand: cn2an (Python).

It leaves out the 零 for a group of ten thousands that is empty between 亿 and thousands (叁拾亿玖仟元),
where the regulation wants one; such amounts it is not asked about.
"""

import sys

import cn2an

for line in sys.stdin:
    fen = int(line)
    yuan = fen // 100
    if yuan >= 10**8 and yuan // 10**4 % 10**4 == 0 and yuan % 10**4 >= 1_000:
        continue
    words = cn2an.an2cn(f"{yuan}.{fen % 100:02d}", "rmb") if fen else "零元整"
    print(f"{fen},人民币{words}")
