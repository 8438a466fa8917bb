#!/usr/bin/env python3
"""Writes golden.bin: small cases of every operator, each with the outputs and the gradients that PyTorch has for it.

The file is a row of cases. A case is one line of text, the operator and its options as `key=value`, and behind the
line's end its arrays, little-endian, with nothing between them. The line has the extents, so the arrays need no header:

    conv2d, conv_transpose2d   float32  x[n,ic,ih,iw]  weight  bias[oc]  gy[n,oc,oh,ow]
                               float64  y[n,oc,oh,ow]  gx      gweight   gbias
    upsampling2d               float32  x[n,c,ih,iw]  gy[n,c,oh,ow]
                               float64  y             gx            rows[oh,ih]  columns[ow,iw]

Weights are [oc,ic/g,kh,kw] and [ic,oc/g,kh,kw]; bias and gbias are missing where bias=0. `rows` and `columns` are the
two matrices whose product is the resizing, as PyTorch interpolates an identity matrix. `bh bw` say where the relation
begins: fine = coarse * stride + tap * dilation - begin. What is given to an operator is normal and exact in float32;
the results are computed in double. gy is 0 where the activation has a kink nearby.

The data of a case are seeded by its line, so adding a case changes no other, and a second run writes the same bytes.
Made with PyTorch 1.13 and NumPy 1.24. What it gets wrong is left out; see `resized`.
"""
import argparse
import sys
import zlib
from pathlib import Path

import numpy as np
import torch

from cases import all_cases

LIMIT = 2_500_000  # bytes


def record(case):
    line = case.line()
    arrays = case.arrays(np.random.RandomState(zlib.crc32(line.encode())))
    return line.encode() + b'\n' + b''.join(a.tobytes() for a in arrays)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('output', nargs='?', type=Path, default=Path(__file__).with_name('golden.bin'))
    parser.add_argument('--list', action='store_true', help='print the line of every case and write nothing')
    parser.add_argument('--check', action='store_true', help='compare with the file that is there and write nothing')
    arguments = parser.parse_args()

    torch.set_num_threads(1)
    cases = all_cases()
    if arguments.list:
        print(*(case.line() for case in cases), sep='\n')
        return
    data = b''.join(map(record, cases))
    if len(data) > LIMIT:
        sys.exit(f'{len(data)} bytes, more than {LIMIT}')
    if arguments.check:
        sys.exit(0 if arguments.output.read_bytes() == data else f'{arguments.output} differs')
    arguments.output.write_bytes(data)
    print(f'{arguments.output}: {len(cases)} cases, {len(data)} bytes')


if __name__ == '__main__':
    main()
