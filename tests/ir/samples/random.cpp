#include "tests/ir/samples.h"

namespace keratin::ir::test {

Samples samples_Random() {
  Samples samples;
  const Tensor key = integers({}, {42}, DType::uint64);
  for (Random::Kind kind : {Random::Kind::uniform, Random::Kind::normal, Random::Kind::truncated_normal})
    for (DType dtype : {DType::float32, DType::float64, DType::float16})
      samples.good.push_back(sample("draws", Random::Attrs{kind, {dtype, {kBatch, 3}}}, {key}));
  samples.bad = {{Random::Attrs{Random::Kind::uniform, float32({2})}, {int32({})}, "the key is int32[], not a uint64 scalar"},
                 {Random::Attrs{Random::Kind::uniform, int32({2})}, {{DType::uint64, {}}}, "draws floats, not int32"}};
  return samples;
}

}  // namespace keratin::ir::test
