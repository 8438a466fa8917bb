#!/usr/bin/env python3
"""Changes a file of make_weights.py in one place at a time, and gives sides that there are not: generator must say so.

    notices_faults.py GENERATOR dcgan.npz unet.npz
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np


def refused(generator, model, tensors, message):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "changed.npz"
        np.savez(path, **tensors)
        run = subprocess.run([generator, "--model", model, "--weights", path, "--side", "16"], capture_output=True,
                             text=True)
    if run.returncode != 1 or message not in run.stdout + run.stderr:
        sys.exit(f"{model}: expected exit status 1 and '{message}', got {run.returncode}:\n{run.stdout}{run.stderr}")


def main():
    generator, *paths = sys.argv[1:]
    dcgan, unet = (dict(np.load(path)) for path in paths)
    for model, tensors in ("dcgan", dcgan), ("unet", unet):
        for name in tensors:  # every one of them counts
            changed = dict(tensors)
            changed[name] = tensors[name] + np.asarray(0.001, tensors[name].dtype)
            refused(generator, model, changed, "allowed")
    for side in "abc", "40", "-16", "9" * 30:
        run = subprocess.run([generator, "--side", side], capture_output=True, text=True)
        if run.returncode <= 0 or "--side: " not in run.stdout + run.stderr:
            sys.exit(f"--side {side}: expected a message, got {run.returncode}:\n{run.stdout}{run.stderr}")
    refused(generator, "unet", {**unet, "input": unet["input"][..., :24]}, "multiples of 16")
    refused(generator, "unet", {**unet, "output": unet["output"][..., :16]}, "another shape")
    refused(generator, "dcgan", {**dcgan, "main.3.weight": dcgan["main.3.weight"][:-1]}, "main.3")


if __name__ == "__main__":
    main()
