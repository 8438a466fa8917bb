"""The list of golden cases: every option by itself, the corners that are easily got wrong, then random combinations."""
import itertools

import numpy as np

from reference import Convolution, Defined, Resizing

ACTIVATIONS = ['relu', 'leaky_relu,0.2', 'sigmoid', 'tanh', 'clamp,-0.5,0.75']
MODES = ['reflect', 'replicate', 'circular']


def conv(n, ic, oc, size, kernel, **options):
    return Convolution('conv2d', n, ic, oc, size, kernel, **options)


def up(n, ic, oc, size, kernel, **options):
    return Convolution('conv_transpose2d', n, ic, oc, size, kernel, **options)


# --- of both convolutions -------------------------------------------------------------------------------------------

def kernels(make):
    for k in range(1, 8):
        yield make(1, 2, 3, (9, 8), k, padding=k // 2, stride=1 + k % 2)
        yield make(1, 2, 2, (7, 11), (k, 1 + k * 3 % 7), bias=k % 2)


def strides(make):
    for sh, sw in itertools.product(range(1, 5), repeat=2):
        yield make(1, 2, 2, (6, 5), (3, 2 + (sh + sw) % 3), stride=(sh, sw), padding=(1, 0))


def dilations(make):
    for dh, dw, s in [(1, 2, 1), (2, 1, 1), (2, 2, 1), (3, 1, 2), (1, 3, 2), (2, 3, 2), (2, 2, 2), (4, 2, 3), (3, 3, 3),
                      (2, 4, 4), (6, 4, 4)]:
        yield make(1, 2, 2, (8, 9), (2, 3), dilation=(dh, dw), stride=s, padding=(dh // 2, dw))


def groups(make):
    for g, ic, oc in [(2, 2, 4), (2, 6, 4), (2, 4, 6), (3, 3, 6), (3, 6, 3), (4, 4, 4), (5, 5, 5), (5, 5, 10),
                      (4, 8, 4), (2, 10, 2)]:
        yield make(1, ic, oc, (5, 4), (3, 2), g=g, stride=1 + g % 2, padding=1)
    yield make(2, 9, 9, (5, 7), 3, g=9, padding=1)
    yield make(2, 17, 17, (4, 3), 2, g=17, stride=2)
    yield make(1, 3, 9, (6, 5), (3, 4), g=3, dilation=2, padding=(2, 3), stride=2)


def paddings(make):
    for padding in [1, 2, (0, 2), (2, 1), (3, 3), (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (1, 2, 0, 3),
                    (0, 1, 2, 1), (-1, 1, 0, 2), (1, -1, -2, 0), (-1, -1, -2, -1), (-2, 0, 3, -1), -1, 'valid', 'full']:
        yield make(1, 2, 2, (6, 7), (3, 4), padding=padding, stride=(1, 2))
    yield make(1, 2, 1, (6, 7), 3, padding='full', dilation=2)


def modes(make):
    for mode in MODES:
        yield make(1, 1, 2, (5, 6), 3, padding=1, mode=mode)
        yield make(2, 2, 3, (6, 5), (5, 3), padding=(2, 1), mode=mode, bias=0)
        yield make(1, 4, 2, (4, 7), (3, 4), padding=(2, 1, 0, 3), stride=(1, 2), mode=mode, g=2)
        yield make(1, 2, 2, (7, 6), (3, 2), padding=(1, 2), stride=(2, 3), dilation=(2, 3), mode=mode, act='tanh')


def activations(make):
    for act in ACTIVATIONS:
        yield make(2, 3, 2, (5, 4), 3, padding=1, act=act)
        yield make(1, 2, 4, (7, 3), (2, 4), stride=(3, 2), padding=(0, 2), bias=0, act=act)
        yield make(1, 4, 4, (3, 5), (3, 2), g=2, dilation=(1, 2), padding=1, act=act)
    yield make(1, 2, 2, (4, 4), 3, padding=1, act='leaky_relu,0')
    yield make(1, 2, 2, (4, 4), 3, padding=1, act='leaky_relu,1.5')
    yield make(1, 2, 2, (4, 4), 3, padding=1, act='clamp,0.25,6')


def extents(make):
    for n in range(1, 18):
        yield make(1, 1, 2, (1 + n * 5 % 17, n), (3, 2), padding=(1, 1, 0, 1), stride=1 + n % 3)


def channels(make):
    """The tails of a tile of 8 or 16 channels, and sums longer than a block of them."""
    for ic, oc in [(1, 7), (7, 1), (3, 8), (5, 9), (15, 3), (16, 2), (17, 2), (33, 1), (2, 15), (2, 16), (1, 17),
                   (3, 31), (1, 33), (18, 17)]:
        yield make(1, ic, oc, (3, 4), (3, 2), padding=(1, 0), stride=(1, 2))
    yield make(1, 70, 2, (2, 3), 3, padding=1)


def small(make):
    yield make(1, 1, 1, 1, 1)
    yield make(3, 1, 1, 1, 1, bias=0)
    yield make(1, 3, 2, 1, 3, padding=1)
    yield make(1, 2, 2, 1, 3, padding=1, stride=4)
    yield make(1, 2, 3, 1, (2, 5), padding=(2, 1, 2, 2), dilation=(3, 1))
    yield make(1, 2, 2, (1, 17), (1, 4), padding=(0, 1), stride=2)
    yield make(1, 2, 2, (17, 1), (4, 1), padding=(1, 0), stride=2)
    yield make(0, 2, 3, (4, 5), 3, padding=1)
    yield make(5, 2, 1, (3, 3), 2)


# --- of one of them -------------------------------------------------------------------------------------------------

def conv_only():
    for kernel in [1, 2, 3, 4, (5, 2), (6, 7)]:
        yield conv(1, 2, 2, (7, 6), kernel, padding='same')
    for size, kernel, s, d in [((7, 6), 3, 2, 1), ((6, 7), (2, 4), 2, 1), ((9, 8), (5, 1), (3, 4), 1),
                               ((5, 10), 3, (4, 3), (2, 1)), ((4, 4), 1, 3, 1), ((11, 7), (4, 3), 3, (1, 2))]:
        yield conv(1, 2, 2, size, kernel, padding='same', stride=s, dilation=d)
        yield conv(1, 2, 2, size, kernel, padding='same_lower', stride=s, dilation=d)
    yield conv(1, 1, 2, (5, 6), (4, 2), padding='same_lower')
    for mode in MODES:
        yield conv(1, 2, 1, (6, 5), (4, 3), padding='same', dilation=(1, 2), mode=mode)
        yield conv(1, 2, 1, (6, 7), (3, 4), padding='same_lower', stride=2, mode=mode)
    yield conv(1, 1, 1, (3, 4), 3, padding=(2, 3), mode='reflect')  # the widest that it can be
    yield conv(1, 1, 1, (3, 4), 3, padding=(3, 4), mode='circular')
    yield conv(1, 1, 1, (1, 2), 3, padding=(4, 7), mode='replicate')
    yield conv(1, 1, 1, (1, 2), (3, 5), padding=(1, 2), mode='circular')
    # the kernel as large as the padded input
    yield conv(1, 2, 3, (5, 4), (5, 4))
    yield conv(1, 2, 3, (5, 4), (7, 5), padding=(1, 1, 0, 1), stride=3)
    yield conv(1, 1, 2, (3, 2), 3, padding=(1, 2), dilation=(2, 2), stride=(4, 1))
    # outputs that see padding only
    yield conv(1, 2, 2, (3, 4), 2, padding=4)
    yield conv(1, 2, 2, (3, 4), 2, padding=(5, 3), stride=(3, 2), bias=0, act='leaky_relu,0.2')
    yield conv(1, 1, 2, (2, 3), (1, 2), padding=(0, 7, 6, 0), stride=(2, 1), dilation=3)
    # a last row and column that no tap reads
    yield conv(1, 2, 2, (8, 9), (2, 3), stride=(4, 4))
    yield conv(1, 2, 2, (10, 11), 1, stride=(4, 3))


def up_only():
    for kernel, s, padding, output_padding in [
            (3, 2, 1, 1), (3, 2, 0, 1), ((3, 4), (2, 3), 1, (1, 2)), ((2, 5), (3, 4), (0, 2), (2, 3)), (1, 4, 0, 3),
            (2, 4, (1, 0), (3, 1)), (4, 3, 2, (0, 2))]:
        yield up(1, 2, 2, (4, 5), kernel, stride=s, padding=padding, output_padding=output_padding)
    # at least the stride, below the dilation
    for kernel, s, d, padding, output_padding in [
            (3, 1, 3, 0, 2), (2, 1, 2, 1, 1), ((3, 2), (1, 2), (4, 5), (2, 1), (3, 4)), (2, 2, 3, 0, 2),
            ((4, 1), (2, 1), (4, 2), (3, 0), (3, 1))]:
        yield up(1, 2, 2, (4, 3), kernel, stride=s, dilation=d, padding=padding, output_padding=output_padding)
    yield up(1, 4, 6, (3, 4), (3, 2), stride=2, g=2, output_padding=(0, 1), act='relu')
    for size, kernel, s, padding, to in [((4, 5), 3, 2, 1, (8, 9)), ((4, 5), 3, 2, 1, (7, 10)),
                                         ((3, 3), (2, 4), (3, 4), (0, 1), (10, 11)),
                                         ((3, 2), (2, 1), 4, 0, (13, 8)), ((5, 6), 2, 1, 0, (6, 7)),
                                         ((4, 5), 3, 2, 1, (5, 1)), ((3, 4), 4, (2, 3), (0, 2), (7, 6))]:
        yield up(1, 2, 3, size, kernel, stride=s, padding=padding, output_size=to)
    # stride equal to the kernel, then above it
    for k, s in [(1, 1), (2, 2), (3, 3), (4, 4), ((2, 3), (2, 3)), ((4, 1), (4, 1)), (1, 2), (2, 3), ((1, 3), 4),
                 ((2, 1), (4, 3))]:
        yield up(2, 3, 2, (3, 4), k, stride=s)
    yield up(1, 3, 3, (5, 7), 2, stride=2, g=3)
    yield up(1, 16, 17, (2, 7), 2, stride=2)
    yield up(1, 2, 2, (3, 4), 2, stride=4, bias=0, act='sigmoid')
    yield up(1, 2, 2, (3, 4), (1, 2), stride=(3, 4), padding=(1, 2), act='relu')
    # over-padded: down to one output
    yield up(1, 2, 2, (3, 3), 3, padding=2)
    yield up(1, 2, 2, (4, 3), (3, 4), padding=(2, 1), stride=(1, 2))
    yield up(1, 2, 3, (3, 3), 3, stride=2, padding=3)
    yield up(1, 2, 3, (5, 4), 2, stride=2, padding=(4, 3), output_padding=1)
    yield up(1, 1, 2, (7, 6), 3, padding=(4, 3))
    yield up(1, 1, 2, (4, 5), (1, 2), stride=(4, 3), padding=(6, 5), act='tanh')
    yield up(1, 1, 1, (3, 3), 2, stride=3, padding=(7, 0, 0, 7))
    # Keras
    for size, kernel, s, d in [((3, 3), 1, 2, 1), ((3, 3), 2, 2, 1), ((3, 3), 3, 2, 1), ((3, 3), 4, 1, 1),
                               ((4, 5), (5, 4), 2, 1), ((2, 3), (6, 7), 3, 1), ((5, 2), (1, 3), (4, 3), 1),
                               ((4, 4), (2, 3), (3, 1), (1, 2)), ((1, 1), 5, (1, 2), 1), ((3, 2), 3, 2, (3, 2))]:
        for rule in ('same', 'valid'):
            yield up(1, 2, 2, size, kernel, stride=s, dilation=d, padding=rule)
    for size, kernel, s, d in [((3, 4), (4, 3), 2, 1), ((4, 2), (5, 6), (2, 3), 1), ((3, 3), (1, 2), (3, 1), (1, 2))]:
        yield up(1, 2, 2, size, kernel, stride=s, dilation=d, padding='same_lower')
    for rule in ('same', 'valid'):
        yield up(1, 2, 2, (3, 4), (3, 4), stride=(2, 3), output_padding=(1, 2), padding=rule)
        yield up(1, 2, 2, (4, 3), (2, 5), stride=(3, 2), output_padding=(2, 1), padding=rule)
    yield up(2, 6, 4, (3, 4), (3, 5), stride=2, g=2, padding='same', act='leaky_relu,0.2')
    # the adjoint of a padded convolution, at the widest padding, and with output padding
    yield up(1, 1, 1, (7, 9), 3, padding=(2, 3), mode='reflect')
    yield up(1, 1, 1, (7, 10), 3, padding=(3, 4), mode='circular')
    yield up(1, 1, 1, (7, 14), (3, 5), padding=(4, 8), mode='replicate')
    for mode in MODES:
        yield up(1, 3, 2, (4, 3), 3, stride=2, padding=1, output_padding=1, mode=mode)
        yield up(1, 2, 2, (5, 4), (3, 2), dilation=(2, 3), padding=(2, 1), output_padding=(1, 2), mode=mode,
                 act='clamp,-0.5,0.75')


# --- random combinations --------------------------------------------------------------------------------------------

def drawn(make, seed, count):
    random = np.random.RandomState(seed)
    draw = lambda *values: values[random.randint(len(values))]
    while count:
        g, d, s = draw(1, 1, 1, 2, 3), draw(1, 1, 2, 3), draw(1, 2, 2, 3, 4)
        size, kernel = (draw(*range(1, 12)), draw(*range(1, 14))), (draw(1, 2, 3, 4, 5), draw(1, 2, 3, 4, 5))
        padding = draw((draw(0, 1, 2, 3), draw(0, 1, 2)), tuple(draw(-1, 0, 1, 2, 3) for _ in range(4)))
        more = {'output_padding': (draw(0, 0, 1, 2), draw(0, 0, 1))} if make is up else {}
        case = make(draw(1, 1, 2, 3), g * draw(1, 2, 3), g * draw(1, 2, 3), size, kernel, padding=padding, g=g,
                    stride=(s, draw(1, 2, 3, s)), dilation=(d, draw(1, 2, d)), bias=draw(0, 1, 1),
                    act=draw('none', 'none', *ACTIVATIONS), **more)
        outputs = case.oc * case.n * np.prod([m for _, m in case.extents()])
        if case.legal() and 8 <= outputs <= 600:
            count -= 1
            yield case


# --- resizing -------------------------------------------------------------------------------------------------------

KINDS = [{'mode': 'nearest'}, {'mode': 'nearest_exact'}, {'mode': 'area'}] + [
    {'mode': mode, **options} for mode in ('bilinear', 'bicubic')
    for options in ({}, {'align_corners': 1}, {'antialias': 1})]


def resizings():
    for kind in KINDS:
        for size, to in [((3, 4), (6, 8)), ((4, 6), (2, 3)), ((5, 3), (7, 11)), ((11, 7), (4, 5)), ((1, 5), (3, 1)),
                         ((6, 1), (6, 4)), ((9, 2), (5, 17))]:
            yield Resizing(size=size, to=to, **kind)
        for size, scale in [((4, 5), (2.0, 3.0)), ((7, 6), (1.5, 0.75)), ((6, 9), (0.5, 2.25)), ((5, 7), (2.7, 0.4))]:
            yield Resizing(size=size, scale=scale, **kind)
    yield Resizing('bilinear', (3, 3), to=(3, 3), n=2, c=3)
    yield Resizing('bicubic', (4, 5), to=(4, 5))
    # the same extents, and still not the identity
    yield Resizing('bicubic', (4, 5), scale=(1.2, 2.3))
    yield Resizing('bicubic', (4, 5), scale=(1.2, 1.1), antialias=1)
    yield Resizing('bilinear', (4, 5), scale=(1.2, 1.1), antialias=1)
    yield Resizing('bilinear', (3, 5), to=(8, 7), n=2, c=9)
    yield Resizing('nearest', (2, 3), scale=(2.0, 2.0), n=3, c=17)


def defined():
    kinds = [{'mode': 'lanczos3'}, {'mode': 'lanczos3', 'antialias': 1}] + [
        {'mode': mode, **options} for mode in ('bilinear', 'bicubic', 'lanczos3')
        for options in ({'coordinates': 'asymmetric'}, {'border': 'drop'})]
    for kind in kinds:
        for size, to in [((3, 4), (6, 8)), ((4, 6), (2, 3)), ((5, 3), (7, 11)), ((11, 7), (4, 5)), ((1, 5), (3, 1))]:
            yield Defined(size=size, to=to, **kind)
        yield Defined(size=(5, 7), scale=(2.75, 0.625), **kind)
    yield Defined('bicubic', (9, 5), to=(4, 7), antialias=1, border='clamp')
    yield Defined('lanczos3', (8, 13), to=(19, 5), antialias=1, border='clamp', n=2, c=9)


def all_cases():
    cases = []
    for make, only, seed in ((conv, conv_only, 1), (up, up_only, 2)):
        for family in (kernels, strides, dilations, groups, paddings, modes, activations, extents, channels, small):
            cases += family(make)
        cases += only()
        cases += drawn(make, seed, 25)
    cases += resizings()
    cases += defined()
    for case in cases:
        assert case.legal(), case.line()
    lines = [case.line() for case in cases]
    assert len(set(lines)) == len(lines), [line for line in lines if lines.count(line) > 1]
    return cases
