#include <limits>

#include "tests/ir/samples.h"

namespace keratin::ir::test {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity(), kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<Sample> to_every_dtype() {
  std::vector<Sample> list;
  for (DType to : {DType::boolean, DType::int8, DType::uint8, DType::int16, DType::uint16, DType::int32, DType::uint32, DType::int64,
                   DType::uint64, DType::float16, DType::bfloat16, DType::float32, DType::float64}) {
    Tensor ones(to, {2});
    ones.floats.assign(ones.floats.size(), 1.0);
    ones.integers.assign(ones.integers.size(), 1);
    list.push_back(sample("from float32 to " + std::string(name_of(to)), Cast::Attrs{to}, {floats({2}, {1, 1})}).gives({ones}));
    list.back().smooth = false;
    list.push_back(sample("from int64 to " + std::string(name_of(to)), Cast::Attrs{to}, {integers({2}, {1, 1}, DType::int64)})
                       .gives({ones}));
    list.push_back(sample("from bool to " + std::string(name_of(to)), Cast::Attrs{to}, {bools({2}, {1, 1})}).gives({ones}));
  }
  return list;
}

}  // namespace

Samples samples_Cast() {
  Samples samples{
      {sample("float64 from float32", Cast::Attrs{DType::float64}, {spread({2, 2})}).of({float32({kBatch, 2})}, 2),
       sample("float32 from float64", Cast::Attrs{DType::float32}, {floats({1}, {0.1}, DType::float64)}).gives({floats({1}, {0.1})}),
       sample("towards zero, NaN to 0, to the nearest bound", Cast::Attrs{DType::int8},
              {floats({6}, {1.9, -1.9, kNan, 300, -300, kInfinity})})
           .gives({integers({6}, {1, -1, 0, 127, -128, 127}, DType::int8)}),
       sample("to uint64", Cast::Attrs{DType::uint64}, {floats({4}, {-1, 1e19, 1e30, 0x1p63}, DType::float64)})
           .gives({integers({4}, {0, static_cast<int64_t>(10000000000000000000u), -1, INT64_MIN}, DType::uint64)}),
       sample("to int64", Cast::Attrs{DType::int64}, {floats({3}, {1e30, -1e30, -5.5}, DType::float64)})
           .gives({integers({3}, {INT64_MAX, INT64_MIN, -5}, DType::int64)}),
       sample("to bool is unlike 0", Cast::Attrs{DType::boolean}, {floats({4}, {0, 0.5, -1, kNan})}).gives({bools({4}, {0, 1, 1, 1})}),
       sample("integers wrap around", Cast::Attrs{DType::uint8}, {integers({2}, {300, -1})})
           .gives({integers({2}, {44, 255}, DType::uint8)}),
       sample("integers to bool", Cast::Attrs{DType::boolean}, {integers({3}, {0, -3, 256})}).gives({bools({3}, {0, 1, 1})}),
       sample("half precision to even, beyond to infinity", Cast::Attrs{DType::float16}, {floats({4}, {2049, 2051, 70000, 1.0002})})
           .gives({floats({4}, {2048, 2052, kInfinity, 1}, DType::float16)})
           .slopes({floats({4}, {1, 1, 1, 1})}),
       sample("bfloat16", Cast::Attrs{DType::bfloat16}, {floats({2}, {257, 259})}).gives({floats({2}, {256, 260}, DType::bfloat16)})
           .slopes({floats({2}, {1, 1})}),
       sample("int64 to float32 rounds once", Cast::Attrs{DType::float32}, {integers({2}, {16777217, 0x4000004000000001}, DType::int64)})
           .gives({floats({2}, {16777216, 0x1.000002p62})}),
       sample("the largest uint64", Cast::Attrs{DType::float64}, {integers({}, {-1}, DType::uint64)})
           .gives({floats({}, {0x1p64}, DType::float64)})},
      {{Cast::Attrs{DType::string}, {float32({2})}, "there is no cast from float32 to string"},
       {Cast::Attrs{DType::int32}, {{DType::string, {2}}}, "there is no cast from string to int32"}}};
  for (Sample& more : to_every_dtype()) samples.good.push_back(std::move(more));
  return samples;
}

}  // namespace keratin::ir::test
