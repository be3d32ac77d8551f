// window_reduce and window_grad.
#include "tests/ir/samples.h"

namespace keratin::ir::test {

namespace {

std::vector<Window> windows() {
  std::vector<Window> list;
  for (Window::Kind kind : {Window::Kind::max, Window::Kind::sum}) {
    list.push_back({kind, {1, 2, 1}, {1, 2, 1}, {0, 0, 0}, {0, 0, 0}});
    list.push_back({kind, {1, 3, 1}, {1, 2, 1}, {0, 1, 0}, {0, 1, 0}});
  }
  return list;
}

}  // namespace

Samples samples_WindowReduce() {
  Samples samples;
  for (const Window& window : windows())
    samples.good.push_back(sample("window", WindowReduce::Attrs{window}, {spread({2, 6, 2})}).of({float32({kBatch, 6, 2})}, 2));
  samples.good.push_back(sample("first of ties", WindowReduce::Attrs{{Window::Kind::max, {2}, {2}, {0}, {0}}}, {floats({4}, {3, 3, 1, 2})})
                             .gives({floats({2}, {3, 2})})
                             .slopes({floats({4}, {1, 0, 0, 1})}));
  samples.bad = {{WindowReduce::Attrs{windows()[0]}, {boolean({2, 6, 2})}, "takes numbers, not bool"},
                 {WindowReduce::Attrs{windows()[0]},
                  {float32({2, 6})},
                  "a window of 3 axes with 3 strides, 3 low and 3 high paddings on an operand of 2 axes"}};
  return samples;
}

Samples samples_WindowGrad() {
  Samples samples;
  for (const Window& window : windows())
    samples.good.push_back(sample("window", WindowGrad::Attrs{window}, {spread({2, 6, 2}), spread({2, 3, 2}, -2, 2, 1)}));
  samples.good.push_back(sample("first of ties", WindowGrad::Attrs{{Window::Kind::max, {2}, {2}, {0}, {0}}},
                                {floats({4}, {3, 3, 1, 2}), floats({2}, {5, 6})})
                             .gives({floats({4}, {5, 0, 0, 6})}));
  samples.good.back().smooth = false;
  samples.bad = {{WindowGrad::Attrs{windows()[0]}, {float32({2, 6, 2}), float32({2, 4, 2})},
                  "the gradient is float32[2,4,2], the reduction gives float32[2,3,2]"}};
  return samples;
}

}  // namespace keratin::ir::test
