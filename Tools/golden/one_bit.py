#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/Golden/one-bit.json: signs of a seed and coded masks, from the words of Documentation/model-file.md alone.

The coder here keeps the lower end of its range as one whole number of any size, so that carries need no care.
"""
import json
import math
import pathlib
import random

MASK64 = (1 << 64) - 1


def sign_word(seed, k):
    z = ((seed << 32) + k + 0x9E3779B97F4A7C15) & MASK64
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK64
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK64
    return z ^ z >> 31


def eighths(number):
    """Eight times the binary logarithm, between powers of two along a line, rounded down."""
    power = number.bit_length() - 1
    return 8 * power + math.floor(8 * (number - 2**power) / 2**power)


def coded(mask, columns):
    chances, seen = [0x8000] * 16, [0] * 16
    low, width, digits = 0, 2**32 - 1, 0
    for element, bit in enumerate(mask):
        row, column = divmod(element, columns)
        before, start = mask[: row * columns], row * columns
        one = max(1, 192 * (sum(before) + 1) // (len(before) + 2)) if row else 96
        zero = 192 - one
        in_row, in_column = sum(mask[start:element]), sum(mask[column:element:columns])
        odds = (eighths(16 * in_row + one) - eighths(16 * (column - in_row) + zero)
                + eighths(16 * in_column + one) - eighths(16 * (row - in_column) + zero) - eighths(one) + eighths(zero))
        context = min(15, max(0, (odds + 68) // 8))
        bound = (width // 4096) * (chances[context] // 16)
        if bit:
            width = bound
        else:
            low, width = low + bound, width - bound
        step = ((65503 if bit else 32) - chances[context]) * 2
        rate = 2 * seen[context] + 3
        chances[context] += step // rate if step >= 0 else -(-step // rate)
        seen[context] = min(seen[context] + 1, 127)
        while width < 2**24:
            low, width, digits = low << 8, width << 8, digits + 1
    return low.to_bytes(digits + 4, "big").hex()


def mask(rows, columns, keep, spread, seed):
    """The largest of random numbers, with rows and columns of different size."""
    generator = random.Random(seed)
    heights = [math.exp(spread * generator.gauss(0, 1)) for _ in range(rows)]
    widths = [math.exp(spread * generator.gauss(0, 1)) for _ in range(columns)]
    sizes = [abs(generator.gauss(0, 1)) * h * w for h in heights for w in widths]
    kept = set(sorted(range(len(sizes)), key=lambda i: -sizes[i])[: round(keep * len(sizes))])
    return [int(index in kept) for index in range(len(sizes))]


def main():
    masks = []
    cases = [(1, 1, 1, 0), (1, 40, 0.5, 0), (40, 1, 0.5, 0), (7, 33, 0, 0), (7, 33, 1, 0), (16, 64, 0.25, 0),
             (24, 65, 0.5, 0.5), (24, 65, 0.1, 0.5), (64, 38, 0.25, 0.8)]
    for rows, columns, keep, spread in cases:
        bits = mask(rows, columns, keep, spread, rows + columns)
        masks.append(dict(rows=rows, columns=columns, mask="".join(map(str, bits)), stream=coded(bits, columns)))
    signs = [dict(seed=seed, words=[f"{sign_word(seed, k):016x}" for k in (0, 1, 2, 1000)])
             for seed in (0, 1, 77, 2**32 - 1)]
    path = pathlib.Path(__file__).parents[2] / "Tests/Golden/one-bit.json"
    path.write_text(json.dumps(dict(signs=signs, masks=masks), indent=1) + "\n")


main()
