#include "ir/ops/conv_patches.h"

#include "ir/tensor.h"

namespace keratin::ir {

void matmul_add(int64_t m, int64_t n, int64_t k, const double* a, int64_t a_row, int64_t a_column, const double* b, int64_t b_row,
                double* c, int64_t c_row) {
  constexpr int64_t kDepth = 64, kWidth = 512;  // a block of b stays in the second-level cache while all rows of a pass over it
  for (int64_t k0 = 0; k0 < k; k0 += kDepth) {
    const int64_t k1 = std::min(k, k0 + kDepth);
    for (int64_t j0 = 0; j0 < n; j0 += kWidth) {
      const int64_t width = std::min(kWidth, n - j0);
      for (int64_t i = 0; i < m; ++i) {
        double* to = c + i * c_row + j0;
        const double* row = a + i * a_row;
        int64_t p = k0;
        for (; p + 4 <= k1; p += 4) {
          const double a0 = row[p * a_column], a1 = row[(p + 1) * a_column], a2 = row[(p + 2) * a_column], a3 = row[(p + 3) * a_column];
          const double *b0 = b + p * b_row + j0, *b1 = b0 + b_row, *b2 = b1 + b_row, *b3 = b2 + b_row;
          for (int64_t j = 0; j < width; ++j) to[j] += (a0 * b0[j] + a1 * b1[j]) + (a2 * b2[j] + a3 * b3[j]);
        }
        for (; p < k1; ++p) {
          const double a0 = row[p * a_column];
          const double* b0 = b + p * b_row + j0;
          for (int64_t j = 0; j < width; ++j) to[j] += a0 * b0[j];
        }
      }
    }
  }
}

Patches::Patches(const ConvGeometry& geometry, const std::vector<int64_t>& input, const std::vector<int64_t>& kernel,
                 const std::vector<int64_t>& output)
    : geometry_(geometry),
      input_(input),
      kernel_(kernel.begin(), kernel.end() - 2),
      output_(output.begin(), output.end() - 1),
      pixels_(count_of(output_)),
      cells_(count_of(kernel_)),
      groups_(geometry.groups),
      group_channels_(kernel[kernel.size() - 2]),
      channels_(input.back()),
      filters_(kernel.back()) {}

void Patches::locate(int64_t first, int64_t count) {
  const std::vector<int64_t> strides = row_major_strides(input_);
  offsets_.resize(static_cast<size_t>(count * cells_));
  for (int64_t pixel = 0; pixel < count; ++pixel) {
    std::vector<int64_t> at(output_.size());
    for (int64_t rest = first + pixel, axis = static_cast<int64_t>(at.size()) - 1; axis >= 0; --axis) {
      at[axis] = rest % output_[axis];
      rest /= output_[axis];
    }
    for_each_coordinate(kernel_, [&](int64_t cell, const std::vector<int64_t>& in_kernel) {
      int64_t offset = at[0] * strides[0];
      for (size_t axis = 0; axis < in_kernel.size() && offset >= 0; ++axis) {
        const int64_t first_cell = at[axis + 1] * geometry_.strides[axis] - geometry_.pad_low[axis];
        const int64_t position = first_cell + in_kernel[axis] * geometry_.dilation[axis];
        offset = position >= 0 && position < input_[axis + 1] ? offset + position * strides[axis + 1] : -1;
      }
      offsets_[static_cast<size_t>(pixel * cells_ + cell)] = offset;
    });
  }
}

void Patches::gather(int64_t count, int64_t group, const double* x, double* patches) const {
  for (int64_t i = 0; i < count * cells_; ++i, patches += group_channels_) {
    const int64_t offset = offsets_[static_cast<size_t>(i)];
    if (offset < 0)
      std::fill_n(patches, group_channels_, 0.0);
    else
      std::copy_n(x + offset + group * group_channels_, group_channels_, patches);
  }
}

void Patches::scatter(int64_t count, int64_t group, const double* patches, double* x) const {
  for (int64_t i = 0; i < count * cells_; ++i, patches += group_channels_) {
    const int64_t offset = offsets_[static_cast<size_t>(i)];
    if (offset < 0) continue;
    double* to = x + offset + group * group_channels_;
    for (int64_t c = 0; c < group_channels_; ++c) to[c] += patches[c];
  }
}

}  // namespace keratin::ir
