// Patches: a convolution as a matrix product, for the evaluator. Row p of a patch matrix holds the input elements that output pixel p
// reads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "ir/ops/conv_geometry.h"

namespace keratin::ir {

/// c[m,n] += a[m,k] b[k,n]. Rows of b and c are contiguous; a has any strides. Sums in double, blocked for the caches.
void matmul_add(int64_t m, int64_t n, int64_t k, const double* a, int64_t a_row, int64_t a_column, const double* b, int64_t b_row,
                double* c, int64_t c_row);

/// Walks the output pixels of a convolution in blocks. x is [batch, spatial..., channels], a kernel [spatial..., channels/groups, filters].
class Patches {
 public:
  Patches(const ConvGeometry& geometry, const std::vector<int64_t>& input, const std::vector<int64_t>& kernel,
          const std::vector<int64_t>& output);

  int64_t pixels() const { return pixels_; }                    // batch * output extents
  int64_t columns() const { return cells_ * group_channels_; }  // kernel cells * channels of a group, the rows of a group's kernel
  int64_t groups() const { return groups_; }
  int64_t group_filters() const { return filters_ / groups_; }
  int64_t filters() const { return filters_; }

  /// Calls f(first pixel, number of pixels, group) for every group of blocks of a size that keeps a patch matrix in cache.
  template <class F>
  void for_each_block(F&& f) {
    const int64_t block = std::max<int64_t>(1, 16384 / std::max<int64_t>(1, columns()));
    for (int64_t first = 0; first < pixels_; first += block) {
      const int64_t count = std::min(block, pixels_ - first);
      locate(first, count);
      for (int64_t group = 0; group < groups_; ++group) f(first, count, group);
    }
  }
  /// Fills patches[count, columns] of the block's group from x; zero in the padding.
  void gather(int64_t count, int64_t group, const double* x, double* patches) const;
  /// The transpose: adds patches to x.
  void scatter(int64_t count, int64_t group, const double* patches, double* x) const;

 private:
  void locate(int64_t first, int64_t count);

  ConvGeometry geometry_;
  std::vector<int64_t> input_, kernel_, output_;
  int64_t pixels_, cells_, groups_, group_channels_, channels_, filters_;
  std::vector<int64_t> offsets_;  // of each pixel and cell of the present block in x; -1 in the padding
};

}  // namespace keratin::ir
