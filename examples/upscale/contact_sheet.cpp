#include "contact_sheet.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "filter_chart.hpp"
#include "lettering.hpp"
#include "text.hpp"

namespace {

constexpr Colour paper = rgb(0xf6f5f2), ink = rgb(0x24231f), faint = rgb(0x6d6a63), accent = rgb(0xb3400f);
constexpr Style title_style{30, bold, ink}, name_style{19, bold, ink}, text_style{16, regular, faint};

constexpr Index columns = 5, cell = 450;             // the width of a column
constexpr Index margin = 56, gutter = 28;            // around all, between columns
constexpr Index top = 176, row_gap = 56, line = 28;  // what the title takes, between rows, between lines of text
constexpr Index head = 70, below = 12;               // a cell's two lines of text, between its picture and its detail
constexpr Index detail_w = 90, detail_h = 72;

Point point(Index x, Index y) { return {static_cast<float>(x), static_cast<float>(y)}; }

Picture resized(const Picture& p, Index w, Index h) {
    if (w == width(p) && h == height(p)) return p;
    return upconv::upsample2d(p, {.size = upconv::Size2{h, w}, .mode = upconv::Interpolation::area});
}

/// How a picture fits a cell: each pixel as a square, or if there are too many of them shrunk.
struct Fit {
    Index w, h, zoom;

    explicit Fit(const Picture& p) {
        const Index longest = std::max(width(p), height(p));
        zoom = std::max<Index>(1, cell / longest);
        w = longest <= cell ? width(p) : std::max<Index>(1, width(p) * cell / longest);
        h = longest <= cell ? height(p) : std::max<Index>(1, height(p) * cell / longest);
    }
};

struct Detail {
    Box box;
    Index zoom;

    Detail(const Picture& p, const Point& middle) {
        box.w = std::min(detail_w, width(p));
        box.h = std::min(detail_h, height(p));
        box.x = std::clamp<Index>(std::lround(middle.x) - box.w / 2, 0, width(p) - box.w);
        box.y = std::clamp<Index>(std::lround(middle.y) - box.h / 2, 0, height(p) - box.h);
        zoom = std::min(cell / box.w, cell * detail_h / detail_w / box.h);
    }
};

std::vector<const Method*> with_filter(const std::vector<Result>& results) {
    std::vector<const Method*> methods;
    for (const Result& result : results)
        if (result.method.filter.size() > 0) methods.push_back(&result.method);
    return methods;
}

class Draughtsman {
  public:
    explicit Draughtsman(const ContactSheet& sheet)
        : sheet_(sheet),
          filters_(with_filter(sheet.results)),
          fit_(sheet.original),
          detail_(sheet.original, sheet.detail),
          picture_h_(fit_.h * fit_.zoom),
          row_h_(row_height()),
          canvas_(
              2 * margin + columns * cell + (columns - 1) * gutter,
              top + 2 * row_h_ + row_gap + line * static_cast<Index>(sheet.footnotes.size()) + 2 * margin - line / 2,
              paper) {}

    Picture draw() {
        draw_text(canvas_, point(margin, margin + 30), sheet_.title, title_style);
        draw_text(canvas_, point(margin, margin + 72), sheet_.explanation, text_style);
        Index y = top + 2 * row_h_ + row_gap + margin + 4;
        for (const std::string& note : sheet_.footnotes)
            draw_text(canvas_, point(margin, std::exchange(y, y + line)), note, text_style);

        draw_original(0);
        draw_shrunk(columns);
        draw_chart(2 * columns - 1);
        const Result& best = best_of(sheet_.results);
        Index slot = 1;
        for (const Result& result : sheet_.results) {
            draw_result(slot, result, &result == &best);
            slot += slot == columns - 1 ? 2 : 1;
        }
        return canvas_.picture();
    }

  private:
    /// A row holds a picture over its detail, and in the second row the filters at its end.
    Index row_height() const {
        return head + std::max(picture_h_ + below + detail_.box.h * detail_.zoom, filters_height(cell, filters_));
    }

    Index left(Index slot) const { return margin + slot % columns * (cell + gutter); }
    Index upper(Index slot) const { return top + slot / columns * (row_h_ + row_gap); }

    void draw_head(Index x, Index y, const std::string& name, const std::string& value, const Colour& emphasis = ink) {
        const bool plain = emphasis.r == ink.r;
        draw_text(canvas_, point(x, y + 19), name, {name_style.cap_height, bold, emphasis});
        draw_text(canvas_, point(x, y + 19 + line), value,
                  plain ? text_style : Style{text_style.cap_height, bold, emphasis});
    }

    void draw_pictures(Index slot, const Picture& picture) {
        const Index x = left(slot), y = upper(slot) + head;
        canvas_.draw(resized(picture, fit_.w, fit_.h), x, y, fit_.zoom);
        canvas_.draw(crop(picture, detail_.box), x, y + picture_h_ + below, detail_.zoom);
    }

    void draw_original(Index slot) {
        const Picture& original = sheet_.original;
        draw_head(left(slot), upper(slot), "original",
                  text("%td x %td, the box magnified %tdx", width(original), height(original), detail_.zoom));
        draw_pictures(slot, original);
        const auto shown = [&](Index v) { return v * fit_.w * fit_.zoom / width(original); };
        const Box& b = detail_.box;
        const Box box{left(slot) + shown(b.x), upper(slot) + head + shown(b.y), shown(b.w), shown(b.h)};
        canvas_.frame(box, 3, ink);
        canvas_.frame(box, 2, rgb(0xffffff));
    }

    void draw_result(Index slot, const Result& result, bool best) {
        const Index x = left(slot), y = upper(slot);
        draw_head(x, y, result.method.name, text("%.2f dB    SSIM %.4f", result.psnr, result.ssim),
                  best ? accent : ink);
        const float note_x = static_cast<float>(x + cell) - text_width(result.method.note, text_style);
        draw_text(canvas_, {note_x, static_cast<float>(y + 19 + line)}, result.method.note, text_style);
        draw_pictures(slot, result.picture);
    }

    /// What every method gets, to the scale of the original.
    void draw_shrunk(Index slot) {
        const Picture& small = sheet_.small;
        const Index x = left(slot), y = upper(slot);
        draw_head(x, y, "shrunk", text("%td x %td, all that each of them gets", width(small), height(small)));
        const Index factor = width(sheet_.original) / width(small);
        const Index w = fit_.w * fit_.zoom / factor, h = fit_.h * fit_.zoom / factor;
        canvas_.draw(resized(small, std::max<Index>(1, w), std::max<Index>(1, h)), x, y + head);
    }

    /// The filters of those that have one.
    void draw_chart(Index slot) {
        const Index x = left(slot), y = upper(slot);
        draw_head(x, y, "the filters", "");
        draw_key(x, y + 19 + line, adds, "adds");
        draw_key(x + 92, y + 19 + line, takes_away, "takes away");
        draw_filters(canvas_, {x, y + head, cell, filters_height(cell, filters_)}, filters_);
    }

    void draw_key(Index x, Index y, const Colour& colour, const std::string& meaning) {
        canvas_.fill({x, y - 15, 15, 15}, colour);
        draw_text(canvas_, point(x + 24, y), meaning, text_style);
    }

    const ContactSheet& sheet_;
    std::vector<const Method*> filters_;
    Fit fit_;
    Detail detail_;
    Index picture_h_, row_h_;
    Canvas canvas_;
};

}  // namespace

const Result& best_of(const std::vector<Result>& results) {
    return *std::max_element(results.begin(), results.end(), [](auto& a, auto& b) { return a.psnr < b.psnr; });
}

Point busiest_detail(const Picture& original, const Picture& picture) {
    const Index w = std::min(detail_w, width(original)), h = std::min(detail_h, height(original));
    Tensor4 colours(1, 3, 1, 1), column(1, 1, h, 1), row(1, 1, 1, w);
    colours.setConstant(1);
    column.setConstant(1);
    row.setConstant(1);
    const Tensor4 error = upconv::conv2d(Tensor4((picture - original).square()), colours);
    const Tensor4 sums = upconv::conv2d(upconv::conv2d(error, column), row);
    const Index most = std::max_element(sums.data(), sums.data() + sums.size()) - sums.data();
    return point(most % width(sums) + w / 2, most / width(sums) + h / 2);
}

Picture draw(const ContactSheet& sheet) { return Draughtsman(sheet).draw(); }
