// What a user may define between Eigen and upconv, or for Eigen: the public surface compiles all the same.
#define EIGEN_AVOID_STL_ARRAY
#define EIGEN_USE_THREADS
#include <unsupported/Eigen/CXX11/Tensor>
#include <fstream>  // the standard's own headers do not stand such macros, nor do others that include them

#if __has_include(<nlohmann/json.hpp>)
#include <nlohmann/json.hpp>
#endif

#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) < (b) ? (b) : (a))
#include "warnings.cpp"
