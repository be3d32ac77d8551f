#include "tests/ir/samples.h"

namespace keratin::ir::test {

Samples samples_Pack() {
  const Pack::Attrs panels{Pack::Layout::panels}, columns{Pack::Layout::gate_columns, 2}, recurrent{Pack::Layout::recurrent, 2};
  Samples samples{
      {sample("panels of one column", panels, {floats({2, 3}, {1, 2, 3, 4, 5, 6})}).gives({floats({6}, {1, 4, 2, 5, 3, 6})}),
       sample("a panel that is filled up", panels, {floats({1, 5}, {1, 2, 3, 4, 5})}).gives({floats({8}, {1, 2, 3, 4, 5, 0, 0, 0})}),
       sample("bias of gates", columns, {floats({4}, {1, 2, 3, 4})}).gives({floats({8}, {1, 2, 0, 0, 3, 4, 0, 0})}),
       sample("kernel of gates", columns, {floats({2, 2}, {1, 2, 3, 4})})
           .gives({floats({2, 8}, {1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0})}),
       sample("recurrent kernel", recurrent, {floats({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8})})
           .gives({floats({16}, {1, 2, 0, 0, 3, 4, 0, 0, 5, 6, 0, 0, 7, 8, 0, 0})})},
      {{panels, {float32({kBatch, 3})}, "packs vectors and matrices of known size, not [n,3]"},
       {panels, {float32({})}, "packs vectors and matrices of known size, not []"},
       {panels, {float32({3})}, "packs a matrix into panels"},
       {panels, {{DType::int32, {2, 3}}}, "packs floats, not int32"},
       {Pack::Attrs{Pack::Layout::gate_columns, 0}, {float32({4})}, "packs the columns of 1 gate or more, not 0"},
       {columns, {float32({3})}, "2 gates do not divide 3 columns"},
       {recurrent, {float32({3, 4})}, "a recurrent kernel has as many rows as units"}}};
  for (Sample& one : samples.good) one.local = false;  // what is packed never has a gradient
  return samples;
}

}  // namespace keratin::ir::test
