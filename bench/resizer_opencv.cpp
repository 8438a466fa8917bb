// OpenCV's imgproc: plane by plane, or the three colours of a pixel together.
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "resizer.hpp"

namespace bench {

std::vector<Resizer> opencv_resizers(const Resize& r, const Pictures& pictures, int threads) {
    if (r.gradient || r.antialias) return {};
    const int from = static_cast<int>(r.input_extent()), to = static_cast<int>(r.output_extent());
    const int filter = r.filter == Filter::nearest    ? cv::INTER_NEAREST
                       : r.filter == Filter::bilinear ? cv::INTER_LINEAR
                                                      : cv::INTER_CUBIC;
    const bool last = pictures.order == Order::nhwc;
    const int planes = last ? 1 : 3, type = last ? CV_32FC3 : CV_32FC1;
    float* const x = const_cast<float*>(pictures.x.data());
    float* const y = pictures.y.data();
    return {{"OpenCV", [=] {
                 cv::setNumThreads(threads);
                 for (int plane = 0; plane < planes; ++plane) {
                     cv::Mat small(from, from, type, x + plane * from * from), large(to, to, type, y + plane * to * to);
                     cv::resize(small, large, large.size(), 0, 0, filter);
                 }
             }}};
}

}  // namespace bench
