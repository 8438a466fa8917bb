"""numpy_files.py REWRITE: files that NumPy writes are read and written by the library, then read back by NumPy."""
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

rewrite = sys.argv[1]
temporary = tempfile.TemporaryDirectory()
folder = temporary.name
checked = 0


def path(name):
    return os.path.join(folder, name)


def run(source, target):
    result = subprocess.run([rewrite, path(source), path(target)], capture_output=True, text=True)
    assert result.returncode == 0, f"{source} to {target}: {result.stderr}"
    return result.stdout


def same(name, got, expected):
    global checked
    native = expected.dtype.newbyteorder("=")
    assert got.dtype == native, f"{name}: {got.dtype} instead of {native}"
    assert got.shape == expected.shape, f"{name}: {got.shape} instead of {expected.shape}"
    assert got.flags.c_contiguous, name
    assert got.tobytes() == np.ascontiguousarray(expected.astype(native)).tobytes(), f"{name}: other numbers"
    checked += 1


def safetensors(name):
    with open(path(name), "rb") as file:
        data = file.read()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + length])
    assert length % 8 == 0
    kinds = {"F": "f", "I": "i", "U": "u"}
    arrays = {}
    for key, entry in header.items():
        kind = entry["dtype"]
        dtype = "?" if kind == "BOOL" else "<u2" if kind == "BF16" else f"<{kinds[kind[0]]}{int(kind[1:]) // 8}"
        begin, end = entry["data_offsets"]
        assert begin % np.dtype(dtype).itemsize == 0
        arrays[key] = np.frombuffer(data[8 + length + begin:8 + length + end], dtype).reshape(entry["shape"])
    return arrays


random = np.random.default_rng(1)
arrays = {}
for dtype in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]:
    for order in "<>" if np.dtype(dtype).itemsize > 1 else "|":
        for shape in [(), (5,), (0, 3), (2, 3), (4, 3, 2, 5)]:
            numbers = np.asarray(random.normal(size=shape) * 50).astype(dtype).astype(order + dtype)
            for layout in "CF":
                key = f"{dtype}.{'little' if order == '<' else 'big'}.{layout}.{'x'.join(map(str, shape)) or 'one'}"
                arrays[key] = np.asarray(numbers, order=layout)

for name, array in arrays.items():
    np.save(path(f"{name}.npy"), array)
    listed = run(f"{name}.npy", "out.npy")
    assert listed.strip().endswith(str(array.shape)), listed
    same(name, np.load(path("out.npy")), array)

np.savez(path("stored.npz"), **arrays)
np.savez_compressed(path("deflated.npz"), **arrays)
for source in ["stored.npz", "deflated.npz"]:
    run(source, "out.npz")
    run(source, "out.safetensors")
    run("out.safetensors", "again.npz")
    with np.load(path("out.npz")) as one, np.load(path("again.npz")) as two:
        three = safetensors("out.safetensors")
        assert set(one.files) == set(two.files) == set(three) == set(arrays)
        for name, array in arrays.items():
            for got in one[name], two[name], three[name]:
                same(name, got, array)

# bfloat16, which NumPy has not: as safetensors by hand.
bits = np.arange(0, 65536, 13, dtype="<u2")
header = json.dumps({"__metadata__": {"format": "pt"},
                     "b": {"dtype": "BF16", "shape": [bits.size], "data_offsets": [0, 2 * bits.size]}}).encode()
with open(path("bfloat16.safetensors"), "wb") as file:
    file.write(len(header).to_bytes(8, "little") + header + bits.tobytes())
run("bfloat16.safetensors", "out.safetensors")
same("bfloat16", safetensors("out.safetensors")["b"], bits)

# What no operator can read is listed, not refused as a file, but refused when it is asked for.
np.savez(path("other.npz"), a=np.zeros(3, "c8"), b=np.zeros(3, "U5"), c=np.zeros(2, [("x", "f4"), ("y", "i2")]))
refused = subprocess.run([rewrite, path("other.npz"), path("out.npz")], capture_output=True, text=True)
assert refused.returncode == 1 and "cannot be read" in refused.stderr, refused.stderr
assert refused.stdout.count("\n") == 3, refused.stdout

print(f"{checked} arrays are the same")
