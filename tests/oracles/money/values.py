"""The amounts that the words are compared over: the boundaries, and 100,000 more of every length."""

MOST = 2**53 - 1


def values():
    edges = {0, 1, 9, 10, 11, 99, 100, 101, 110, MOST}
    for power in range(2, 16):
        for digit in (1, 9):
            for step in (-101, -100, -1, 0, 1, 10, 100, 1000):
                edges.add(digit * 10**power + step)
    yield from sorted(fen for fen in edges if 0 <= fen <= MOST)
    state = 12315
    for n in range(100_000):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        # Zeros are where mistakes are made: every third amount has many.
        fen = (state >> 8) % 10 ** (1 + n % 16)
        if n % 3 == 0:
            fen = int("".join(c if (int(c) + i) % 3 == 0 else "0" for i, c in enumerate(str(fen))))
        yield fen % (MOST + 1)


if __name__ == "__main__":
    for fen in values():
        print(fen)
