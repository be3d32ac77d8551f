#include "compiler/operations/get_item.h"

#include <algorithm>
#include <fmt/format.h>

#include "compiler/operations/constants.h"
#include "compiler/operations/moves.h"
#include "compiler/operations/traced.h"

namespace keratin {

namespace {

/// One entry of a key.
struct Index {
  enum class Kind : uint8_t { element, range, new_axis, ellipsis, gather } kind = Kind::range;
  Dim element{};
  PythonSlice range{};
  Val indices{};
};

class KeyReader {
 public:
  explicit KeyReader(Arguments& a) : a_(a) {}

  std::vector<Index> read(const CallValue& key) {
    std::vector<Index> indices;
    const CallValue::List* list = key.list();
    const Json* constant = key.constant();
    if (list) {
      for (const CallValue& item : *list) indices.push_back(entry(item));
    } else if (constant && constant->is_array()) {
      for (const Json& item : constant->as_array()) indices.push_back(entry({item}));
    } else if (constant && wrapper_of(*constant) == "__tuple__") {
      const std::optional<Json> plain = plain_json(key);
      for (const Json& item : plain->is_array() ? plain->as_array() : Json::Array{}) indices.push_back(entry({item}));
    } else {
      indices.push_back(entry(key));
    }
    return indices;
  }

 private:
  Index entry(const CallValue& value) {
    if (const KTensor* tensor = value.tensor()) return of_tensor(tensor->value);
    if (const CallValue::Dict* dict = value.dict()) return range_of([&](std::string_view key) -> CallValue {
      for (const auto& [name, bound] : *dict)
        if (name == key) return bound;
      return {};
    });
    const std::optional<Json> plain = plain_json(value);
    if (!plain) return wrong("a list with tensors inside");
    if (plain->is_null()) return {.kind = Index::Kind::new_axis};
    if (plain->is_int()) return {.kind = Index::Kind::element, .element = plain->as_int()};
    const std::string_view wrapper = wrapper_of(*plain);
    if (wrapper == "__ellipsis__" || wrapper == "Ellipsis" || *plain == Json("...") || *plain == Json("Ellipsis")) return {.kind = Index::Kind::ellipsis};
    if (plain->is_object()) {
      const Json* config = plain->find("config");
      const Json& holder = wrapper == "__slice__" && config ? *config : *plain;
      if (wrapper != "__slice__" && !wrapper.empty()) return wrong(plain->dump());
      return range_of([&](std::string_view key) -> CallValue {
        const Json* bound = holder.find(key);
        return {bound ? *bound : Json()};
      });
    }
    const Json* constant = value.constant();
    std::optional<ir::Tensor> array = array_constant(constant && constant->is_object() ? *constant : *plain);
    if (!array || !is_integer(array->dtype)) return wrong(plain->dump());
    return {.kind = Index::Kind::gather, .indices = a_.b.constant(std::move(*array))};
  }

  Index of_tensor(Val value) {
    if (value.poisoned()) return {};
    const std::optional<std::vector<Dim>> known = traced_integers(value);
    if (known && value.rank() == 0) return {.kind = Index::Kind::element, .element = known->front()};
    if (is_integer(value.dtype())) return {.kind = Index::Kind::gather, .indices = value};
    return wrong(fmt::format("a {} tensor, which gives a result of unknown size or is no index", name_of(value.dtype())));
  }

  template <class Bounds>
  Index range_of(const Bounds& bounds) {
    Index index;
    index.range.start = bound(bounds("start"));
    index.range.stop = bound(bounds("stop"));
    const std::optional<Dim> step = bound(bounds("step"));
    if (step && !step->is_static()) return wrong("a step that depends on the number of examples");
    index.range.step = step ? step->size : 1;
    return index;
  }

  std::optional<Dim> bound(const CallValue& value) {
    if (value.is_none()) return std::nullopt;
    if (const KTensor* tensor = value.tensor()) {
      const std::optional<std::vector<Dim>> known = traced_integers(tensor->value);
      if (known && known->size() == 1) return known->front();
      a_.fail("key", "a bound of a slice is computed by the model, so that the result has no fixed size");
      return std::nullopt;
    }
    const std::optional<Json> plain = plain_json(value);
    if (plain && plain->is_int()) return Dim(plain->as_int());
    a_.fail("key", "a bound of a slice is no integer");
    return std::nullopt;
  }

  Index wrong(const std::string& what) {
    a_.fail("key", fmt::format("index {} is not supported", what));
    return {};
  }

  Arguments& a_;
};

}  // namespace

Val get_item(Arguments& a) {
  Val x = a.tensor("x");
  if (x.poisoned()) return x;
  const CallValue* key = a.find("key");
  std::vector<Index> indices = key ? KeyReader(a).read(*key) : std::vector<Index>{{.kind = Index::Kind::new_axis}};
  if (a.failed()) return {};
  const auto count = [&](Index::Kind kind) { return std::count_if(indices.begin(), indices.end(), [&](const Index& i) { return i.kind == kind; }); };
  if (count(Index::Kind::ellipsis) > 1) return a.fail("key", "has more than one ellipsis");
  if (count(Index::Kind::gather) > 1) return a.fail("key", "more than one tensor of indices is not supported");
  const int used = static_cast<int>(indices.size()) - static_cast<int>(count(Index::Kind::ellipsis) + count(Index::Kind::new_axis));
  if (used > x.rank()) return a.fail("key", fmt::format("has {} indices, the tensor has {} dimensions", used, x.rank()));
  int axis = 0;
  for (const Index& index : indices) {
    if (x.poisoned()) return x;
    switch (index.kind) {
      case Index::Kind::element: x = python_index(a, "key", x, axis, index.element); break;
      case Index::Kind::range: x = python_slice(a, "key", x, axis++, index.range); break;
      case Index::Kind::new_axis: x = a.b.expand_dims(x, axis++); break;
      case Index::Kind::ellipsis: {
        int behind = 0;  // axes of x that the entries after the ellipsis take
        bool passed = false;
        for (const Index& other : indices) {
          if (passed && other.kind != Index::Kind::new_axis) ++behind;
          passed = passed || other.kind == Index::Kind::ellipsis;
        }
        axis = x.rank() - behind;
        break;
      }
      case Index::Kind::gather:
        x = take_along(a, "key", x, index.indices, axis, true, 0);
        axis += index.indices.rank();
        break;
    }
  }
  return x;
}

}  // namespace keratin
