// conv, conv_input_grad, conv_kernel_grad: the same geometries through all three.
#include "tests/ir/samples.h"

namespace keratin::ir::test {

namespace {

struct Case {
  std::string what;
  ConvGeometry geometry;
  std::vector<int64_t> input, kernel, output;
};

std::vector<Case> cases() {
  return {{"plain", {{1}, {1}, {0}, {0}, 1}, {2, 5, 2}, {3, 2, 3}, {2, 3, 3}},
          {"strides and padding", {{2}, {1}, {1}, {2}, 1}, {1, 6, 2}, {3, 2, 2}, {1, 4, 2}},
          {"dilation", {{1}, {2}, {2}, {0}, 1}, {1, 5, 1}, {3, 1, 2}, {1, 3, 2}},
          {"groups", {{1}, {1}, {0}, {1}, 2}, {2, 3, 4}, {2, 2, 4}, {2, 3, 4}},
          {"two axes", {{2, 1}, {1, 2}, {0, 1}, {1, 1}, 1}, {1, 4, 4, 2}, {2, 2, 2, 3}, {1, 2, 4, 3}},
          {"each channel", {{1, 1}, {1, 1}, {1, 0}, {1, 0}, 3}, {1, 3, 2, 3}, {3, 1, 1, 6}, {1, 3, 2, 6}}};
}

Shape shape_of(const std::vector<int64_t>& extents) {
  Shape shape;
  for (int64_t extent : extents) shape.dims.push_back(extent);
  return shape;
}

const ConvGeometry kPlain{{1}, {1}, {0}, {0}, 1};

}  // namespace

Samples samples_Conv() {
  Samples samples;
  for (const Case& c : cases())
    samples.good.push_back(sample(c.what, Conv::Attrs{c.geometry}, {spread(c.input), spread(c.kernel, -2, 2, 1)}));
  samples.good.push_back(sample("examples", Conv::Attrs{kPlain}, {floats({2, 2, 1}, {1, 2, 3, 4}), floats({2, 1, 1}, {10, 1})})
                             .of({float32({kBatch, 2, 1}), float32({2, 1, 1})}, 2)
                             .gives({floats({2, 1, 1}, {12, 34})}));
  samples.bad = {{Conv::Attrs{kPlain}, {float32({1, 5, 2}), float32({3, 3, 1})}, "the kernel reads 3 channels in 1 group, the input has 2"},
                 {Conv::Attrs{kPlain}, {float32({1, 5}), float32({3, 3, 1})}, "the input [1,5] has 2 axes, expected 3"}};
  return samples;
}

Samples samples_ConvInputGrad() {
  Samples samples;
  for (const Case& c : cases())
    samples.good.push_back(sample(c.what, ConvInputGrad::Attrs{c.geometry, shape_of(c.input)},
                                  {spread(c.output), spread(c.kernel, -2, 2, 1)}));
  samples.bad = {{ConvInputGrad::Attrs{kPlain, {1, 5, 2}}, {float32({1, 4, 1}), float32({3, 2, 1})},
                  "the gradient is float32[1,4,1], the convolution gives float32[1,3,1]"}};
  return samples;
}

Samples samples_ConvKernelGrad() {
  Samples samples;
  for (const Case& c : cases())
    samples.good.push_back(sample(c.what, ConvKernelGrad::Attrs{c.geometry, shape_of(c.kernel)},
                                  {spread(c.input), spread(c.output, -2, 2, 1)}));
  samples.bad = {{ConvKernelGrad::Attrs{kPlain, {3, 2, 1}}, {float32({1, 5, 2}), float32({1, 4, 1})},
                  "the gradient is float32[1,4,1], the convolution gives float32[1,3,1]"}};
  return samples;
}

}  // namespace keratin::ir::test
