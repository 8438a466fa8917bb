"""What PyTorch makes of one case: its line of options, and its arrays. The format stands in make_golden.py."""
import math
from fractions import Fraction

import numpy as np
import torch
import torch.nn.functional as F

MARGIN = 1e-3  # from a kink of the activation: far more than the error of a float sum this small


# --- one axis ------------------------------------------------------------------------------------------------------

def same(n, span, s, lower):
    """Padding of a convolution with ceil(n / s) outputs: Keras, TensorFlow, and ONNX's SAME_UPPER and SAME_LOWER."""
    total = max((-(-n // s) - 1) * s + span - n, 0)
    small, large = total // 2, total - total // 2
    return (large, small) if lower else (small, large)


def cropping(n, span, s, rule, output_padding):
    """Begin and extent of a transposed convolution under Keras's rules; same_lower puts the odd one as ONNX does."""
    natural = (n - 1) * s + span
    if rule == 'valid':
        return 0, natural + output_padding if output_padding else (n - 1) * s + max(span, s)
    m = (n - 1) * s + span % 2 + output_padding if output_padding else n * s
    cut = natural - m
    return max(cut // 2 if rule == 'same' else -(-cut // 2), 0), m


def cropped(y, sides):
    """F.pad that widens before it crops, for a crop may be wider than what is there."""
    return F.pad(F.pad(y, [max(p, 0) for p in sides]), [min(p, 0) for p in sides])


# --- activations ---------------------------------------------------------------------------------------------------

def activated(z, act):
    name, *args = act.split(',')
    args = [float(a) for a in args]
    return {'none': lambda: z, 'relu': lambda: F.relu(z), 'leaky_relu': lambda: F.leaky_relu(z, *args),
            'sigmoid': lambda: torch.sigmoid(z), 'tanh': lambda: torch.tanh(z),
            'clamp': lambda: F.hardtanh(z, *args)}[name]()


def kinks(act):
    name, *args = act.split(',')
    return {'relu': [0.0], 'leaky_relu': [0.0], 'clamp': [float(a) for a in args]}.get(name, [])


# --- the two convolutions ------------------------------------------------------------------------------------------

class Convolution:
    """Options of Conv2d or ConvTranspose2d; pairs are (h, w), padding is a rule or (top, bottom, left, right)."""

    def __init__(self, operator, n, ic, oc, size, kernel, stride=1, padding=0, dilation=1, g=1, mode='zeros', bias=1,
                 act='none', output_padding=0, output_size=None):
        pair = lambda v: v if isinstance(v, tuple) else (v, v)
        self.operator, self.n, self.ic, self.oc, self.g, self.mode, self.bias, self.act = (
            operator, n, ic, oc, g, mode, bias, act)
        self.size, self.kernel, self.stride, self.dilation = map(pair, (size, kernel, stride, dilation))
        self.output_padding, self.output_size = pair(output_padding), output_size
        self.span = tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation))
        self.rule = padding if isinstance(padding, str) else None
        self.pads = None if self.rule else self.sides(padding)

    @staticmethod
    def sides(padding):
        if isinstance(padding, int):
            padding = (padding, padding)
        if len(padding) == 2:
            padding = (padding[0], padding[0], padding[1], padding[1])
        return padding

    def padding_text(self):
        if self.rule:
            return self.rule
        t, b, l, r = self.pads
        short = [t] if t == b == l == r else [t, l] if t == b and l == r else [t, b, l, r]
        return ','.join(map(str, short))

    def conv_pads(self):
        if self.rule in ('same', 'same_lower'):
            axes = [same(n, ke, s, self.rule == 'same_lower') for n, ke, s in zip(self.size, self.span, self.stride)]
            return axes[0] + axes[1]
        if self.rule:
            return sum(((ke - 1,) * 2 if self.rule == 'full' else (0, 0) for ke in self.span), ())
        return self.pads

    def crops(self):
        """Begin and extent of the two output axes of a transposed convolution."""
        axes = []
        for a in (0, 1):
            n, ke, s = self.size[a], self.span[a], self.stride[a]
            if self.rule in ('same', 'same_lower', 'valid'):
                axes.append(cropping(n, ke, s, self.rule, self.output_padding[a]))
                continue
            begin, end = (ke - 1, ke - 1) if self.rule == 'full' else self.pads[2 * a:2 * a + 2]
            axes.append((begin, self.output_size[a] if self.output_size else
                         (n - 1) * s + ke - begin - end + self.output_padding[a]))
        return axes

    def extents(self):
        """(begin, output extent) of both axes; an extent below 1 is not legal."""
        if self.operator == 'conv_transpose2d':
            return self.crops()
        pads = self.conv_pads()
        return [(pads[2 * a], (self.size[a] + pads[2 * a] + pads[2 * a + 1] - self.span[a]) // self.stride[a] + 1)
                for a in (0, 1)]

    def legal(self):
        (_, oh), (_, ow) = self.extents()
        return min(oh, ow) >= 1 and all(op < max(s, d) for op, s, d in
                                        zip(self.output_padding, self.stride, self.dilation))

    def weight_shape(self):
        first, second = (self.oc, self.ic) if self.operator == 'conv2d' else (self.ic, self.oc)
        return first, second // self.g, *self.kernel

    def line(self):
        (bh, oh), (bw, ow) = self.extents()
        (ih, iw), (kh, kw), (sh, sw), (dh, dw) = self.size, self.kernel, self.stride, self.dilation
        text = (f'{self.operator} n={self.n} ic={self.ic} ih={ih} iw={iw} oc={self.oc} oh={oh} ow={ow} kh={kh} kw={kw}'
                f' sh={sh} sw={sw} dh={dh} dw={dw} g={self.g} bh={bh} bw={bw} padding={self.padding_text()}'
                f' mode={self.mode} bias={self.bias} act={self.act}')
        if self.operator == 'conv_transpose2d':
            oph, opw = self.output_padding
            text += f' oph={oph} opw={opw} output_size={int(self.output_size is not None)}'
        return text

    def plain(self):
        """Whether PyTorch's operator has these options itself."""
        t, b, l, r = self.pads or (0, 1, 0, 1)
        natural = [(n - 1) * s + ke - 2 * p for n, s, ke, p in zip(self.size, self.stride, self.span, (t, l))]
        return t == b >= 0 and l == r >= 0 and self.mode == 'zeros' and (self.output_size is None or all(
            m <= to < m + s for m, to, s in zip(natural, self.output_size, self.stride)))

    def conv2d(self, x, w, b):
        if self.plain():
            return F.conv2d(x, w, b, self.stride, (self.pads[0], self.pads[2]), self.dilation, self.g)
        t, e, l, r = self.conv_pads()
        mode = 'constant' if self.mode == 'zeros' else self.mode
        return F.conv2d(F.pad(x, (l, r, t, e), mode=mode), w, b, self.stride, 0, self.dilation, self.g)

    def conv_transpose2d(self, x, w, b):
        (bh, oh), (bw, ow) = self.crops()
        if self.plain():  # PyTorch's own operator, by its module, which is what knows output_size
            layer = torch.nn.ConvTranspose2d(self.ic, self.oc, self.kernel, self.stride, (self.pads[0], self.pads[2]),
                                             self.output_padding, self.g, b is not None, self.dilation)
            layer.weight, layer.bias = w, b
            return layer(x, self.output_size)
        if self.mode == 'zeros':
            y = F.conv_transpose2d(x, w, None, self.stride, 0, 0, self.g, self.dilation)
            y = cropped(y, (-bw, ow - y.shape[3] + bw, -bh, oh - y.shape[2] + bh))
        else:  # the adjoint of the convolution that pads in this mode: its gradient with respect to its input
            t, e, l, r = self.pads
            fine = torch.zeros(self.n, self.oc, oh, ow, dtype=torch.float64, requires_grad=True)
            coarse = F.conv2d(F.pad(fine, (l, r, t, e), mode=self.mode), w, None, self.stride, 0, self.dilation, self.g)
            coarse = coarse[:, :, :self.size[0], :self.size[1]]
            y, = torch.autograd.grad(coarse, fine, x, create_graph=True)
        return y if b is None else y + b.reshape(1, -1, 1, 1)

    def arrays(self, random):
        x = leaf(random, self.n, self.ic, *self.size)
        w = leaf(random, *self.weight_shape())
        b = leaf(random, self.oc) if self.bias else None
        z = getattr(self, self.operator)(x, w, b)
        assert tuple(z.shape[2:]) == tuple(m for _, m in self.extents()), self.line()
        gy = normal(random, *z.shape)
        for kink in kinks(self.act):
            gy[(z - kink).abs().detach().numpy() < MARGIN] = 0
        y = activated(z, self.act)
        given = [p for p in (x, w, b) if p is not None]
        grads = torch.autograd.grad(y, given, torch.from_numpy(gy).double())
        return [p.detach().numpy().astype('<f4') for p in given] + [gy.astype('<f4')] + [
            p.detach().numpy().astype('<f8') for p in (y, *grads)]


# --- resizing ------------------------------------------------------------------------------------------------------

class Resizing:
    """Options of UpSampling2d; either `scale` or `to` (the output's extents) is given."""

    def __init__(self, mode, size, scale=None, to=None, n=1, c=2, align_corners=0, antialias=0):
        self.mode, self.size, self.scale, self.to, self.n, self.c = mode, size, scale, to, n, c
        self.align_corners, self.antialias = align_corners, antialias

    def extents(self):
        return self.to or tuple(math.floor(n * s) for n, s in zip(self.size, self.scale))

    def legal(self):
        return min(self.extents()) >= 1

    def line(self):
        (ih, iw), (oh, ow) = self.size, self.extents()
        given = 'scale=' + ','.join(map(repr, self.scale)) if self.scale else 'scale=none'
        return (f'upsampling2d n={self.n} c={self.c} ih={ih} iw={iw} oh={oh} ow={ow} mode={self.mode}'
                f' align_corners={self.align_corners} antialias={self.antialias} {given}')

    def options(self):
        options = {'mode': self.mode.replace('_', '-')}
        if self.mode in ('bilinear', 'bicubic'):
            options.update(align_corners=bool(self.align_corners), antialias=bool(self.antialias))
        return options

    def axis(self, a):
        """The matrix [m, n] that resizes axis a."""
        n = self.size[a]
        given = {'scale_factor': (self.scale[a], 1.0)} if self.scale else {'size': (self.to[a], 1)}
        identity = torch.eye(n, dtype=torch.float64).reshape(1, n, n, 1)
        return F.interpolate(identity, **given, **self.options())[0, :, :, 0].T.contiguous()

    def resized(self, x):
        """PyTorch's result. The cases keep clear of what PyTorch 1.13 has wrong here. It was found by comparing all
        pairs of extents up to 64, and of up to 20 rows all scales in 7ths, 10ths and 16ths that make at most 64, with
        exact arithmetic; `check` does so again for each case.
        - nearest and nearest_exact take the source index in float32. With sizes, floor(o n / m) and
          floor((o + 1/2) n / m) are missed for 15 and 56 pairs n -> m, such as 26 -> 22, 14 -> 46, 39 -> 33 and
          26 -> 11, 14 -> 23, 2 -> 41; with scales, floor(o / scale) and floor((o + 1/2) / scale) from 8 rows up, as
          in 8 * 9/7 and 9 * 41/16.
        - nearest with a scale such that m is n or 2 n: the gradient is that of scale 1 or 2, and so is the result for
          one channel or channels_last. The gradient of nearest_exact, too, need not belong to the result (9 * 41/16).
        - bilinear without antialias is the identity on an axis where m is n, whatever the scale.
        - bicubic without antialias: the gradient, not the result, is the identity where m is n on both axes."""
        given = {'scale_factor': self.scale} if self.scale else {'size': self.to}
        return F.interpolate(x, **given, **self.options())

    def check(self, rows, columns, x, y, gy, gx):
        for a, matrix in enumerate((rows, columns)):
            n, m = self.size[a], self.extents()[a]
            assert matrix.shape == (m, n), self.line()
            ratio = Fraction(self.scale[a]) if self.scale else Fraction(m, n)
            if self.mode.startswith('nearest'):
                half = Fraction(int(self.mode == 'nearest_exact'), 2)
                want = [min(math.floor((o + half) / ratio), n - 1) for o in range(m)]
                assert matrix.argmax(1).tolist() == want, self.line()
                if self.scale:
                    assert want == [min(math.floor((o + float(half)) / self.scale[a]), n - 1) for o in range(m)]
            if self.mode == 'bilinear' and self.scale and m == n and not self.antialias:
                assert self.align_corners or self.scale[a] == 1, self.line()
        for left, right in ((torch.einsum('oh,pw,nchw->ncop', rows, columns, x), y),
                            (torch.einsum('oh,pw,ncop->nchw', rows, columns, gy), gx)):
            assert torch.allclose(left, right, rtol=1e-12, atol=1e-12), self.line()

    def arrays(self, random):
        x = leaf(random, self.n, self.c, *self.size)
        y = self.resized(x)
        assert tuple(y.shape[2:]) == self.extents(), self.line()
        gy = torch.from_numpy(normal(random, *y.shape)).double()
        gx, = torch.autograd.grad(y, x, gy)
        rows, columns = self.axis(0), self.axis(1)
        self.check(rows, columns, x, y, gy, gx)
        return [p.detach().numpy().astype('<f4') for p in (x, gy)] + [
            p.detach().numpy().astype('<f8') for p in (y, gx, rows, columns)]


class Defined(Resizing):
    """What PyTorch lacks: lanczos3, asymmetric coordinates, taps dropped at the border. From the definition, in exact
    coordinates."""

    def __init__(self, mode, size, coordinates='half_pixel', border=None, **options):
        super().__init__(mode, size, **options)
        self.coordinates, self.border = coordinates, border

    def line(self):
        more = f' coordinates={self.coordinates}' if self.coordinates != 'half_pixel' else ''
        return super().line() + more + (f' border={self.border}' if self.border else '')

    def weight(self, t):
        """Of a cell at distance t, a Fraction."""
        t = abs(t)
        if self.mode == 'lanczos3':
            x = math.pi * float(t)
            return 1.0 if t == 0 else 0.0 if t >= 3 or t.denominator == 1 else math.sin(x) / x * math.sin(x / 3) / (x / 3)
        if self.mode == 'bilinear':
            return float(max(1 - t, 0))
        a = Fraction(-1, 2) if self.antialias else Fraction(-3, 4)
        return float((a + 2) * t**3 - (a + 3) * t**2 + 1 if t < 1 else
                     a * t**3 - 5 * a * t**2 + 8 * a * t - 4 * a if t < 2 else 0)

    def axis(self, a):
        n, m = self.size[a], self.extents()[a]
        ratio = Fraction(self.scale[a]) if self.scale else Fraction(m, n)
        stretch = max(1 / ratio, Fraction(1)) if self.antialias else Fraction(1)
        drop = self.border == 'drop' or (self.antialias and self.border != 'clamp')
        matrix = torch.zeros(m, n, dtype=torch.float64)
        for o in range(m):
            half = Fraction(int(self.coordinates == 'half_pixel'), 2)
            x = (o + half) / ratio - half
            reach = math.ceil(3 * stretch) + 1
            cells = range(math.floor(x) - reach, math.floor(x) + reach + 2)
            taps = [(cell, self.weight((cell - x) / stretch)) for cell in cells if not drop or 0 <= cell < n]
            total = math.fsum(w for _, w in taps)
            for cell, w in taps:
                matrix[o, min(max(cell, 0), n - 1)] += w / total
        return matrix

    def resized(self, x):
        return torch.einsum('oh,pw,nchw->ncop', self.axis(0), self.axis(1), x)


# --- data ----------------------------------------------------------------------------------------------------------

def normal(random, *shape):
    return random.standard_normal(shape).astype(np.float32)


def leaf(random, *shape):
    return torch.nn.Parameter(torch.from_numpy(normal(random, *shape)).double())
