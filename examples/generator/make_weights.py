#!/usr/bin/env python3
"""Writes dcgan.npz and unet.npz: models of PyTorch with random weights, by the names of their state_dict, each with an
`input` and the `output` that PyTorch computes from it in double.

    make_weights.py [--width 2] [--latent 20] [--output DIR]
"""
import argparse
import pathlib

import numpy as np
import torch
from torch import nn


class Generator(nn.Module):
    """Of Radford, Metz and Chintala 2016, with the sizes of PyTorch's DCGAN tutorial."""

    def __init__(self, width, latent):
        super().__init__()
        channels = [latent, 8 * width, 4 * width, 2 * width, width, 3]
        layers = []
        for i, (before, after) in enumerate(zip(channels, channels[1:])):
            first, last = i == 0, after == 3
            layers.append(nn.ConvTranspose2d(before, after, 4, 1 if first else 2, 0 if first else 1, bias=False))
            layers += [nn.Tanh()] if last else [nn.BatchNorm2d(after), nn.ReLU()]
        self.main = nn.Sequential(*layers)

    def forward(self, x):
        return self.main(x)


def two_convolutions(before, after):
    return nn.Sequential(nn.Conv2d(before, after, 3, padding=1), nn.ReLU(),
                         nn.Conv2d(after, after, 3, padding=1), nn.ReLU())


class UNet(nn.Module):
    """Of Ronneberger, Fischer and Brox 2015, padded, of depth 4."""

    def __init__(self, width):
        super().__init__()
        c = [width << level for level in range(5)]
        self.down = nn.ModuleList(two_convolutions(3 if i == 0 else c[i - 1], c[i]) for i in range(4))
        self.bottom = two_convolutions(c[3], c[4])
        self.up = nn.ModuleList(nn.ConvTranspose2d(c[i + 1], c[i], 2, 2) for i in range(4))
        self.merge = nn.ModuleList(two_convolutions(2 * c[i], c[i]) for i in range(4))
        self.head = nn.Conv2d(c[0], 2, 1)

    def forward(self, x):
        skips = []
        for down in self.down:
            skips.append(down(x))
            x = nn.functional.max_pool2d(skips[-1], 2)
        x = self.bottom(x)
        for i in reversed(range(4)):
            x = self.merge[i](torch.cat([skips[i], self.up[i](x)], 1))
        return self.head(x)


def weights_that_show(module):
    """Weights and statistics as after a training: signals keep their size, and leaving a part out shows."""
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        inputs = module.in_channels * module.kernel_size[0] ** 2 / module.stride[0] ** 2
        nn.init.normal_(module.weight, std=(2 / inputs) ** 0.5)
        if module.bias is not None:
            nn.init.uniform_(module.bias, 0, 0.2)
    if isinstance(module, nn.BatchNorm2d):
        nn.init.uniform_(module.running_mean, -0.2, 0.2)
        nn.init.uniform_(module.running_var, 0.5, 2)
        nn.init.uniform_(module.weight, 0.5, 2)
        nn.init.uniform_(module.bias, -0.2, 0.2)


def write(model, shape, path):
    model.apply(weights_that_show)
    model.half().float()  # numbers with few digits, which the file compresses
    model.eval()
    tensors = {name: tensor.numpy() for name, tensor in model.state_dict().items()
               if not name.endswith("num_batches_tracked")}
    x = torch.randn(shape).half().float()
    with torch.no_grad():
        output = model.double()(x.double())
    assert output.std() > 0.1, "the output is nearly constant: try another seed"
    np.savez_compressed(path, input=x.numpy(), output=output.numpy(), **tensors)
    print(f"{path}: {path.stat().st_size} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=2, help="channels of the widest layer; 64 in the papers")
    parser.add_argument("--latent", type=int, default=20, help="numbers that a picture is made of; 100 in the paper")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path(__file__).parent, help="a folder")
    options = parser.parse_args()
    torch.manual_seed(1)
    write(Generator(options.width, options.latent), (1, options.latent, 1, 1), options.output / "dcgan.npz")
    write(UNet(options.width), (1, 3, 32, 32), options.output / "unet.npz")


if __name__ == "__main__":
    main()
