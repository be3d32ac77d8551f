#include "compiler/operations/arguments.h"

#include <algorithm>
#include <fmt/format.h>

#include "compiler/operations/constants.h"
#include "compiler/operations/traced.h"

namespace keratin {

namespace {

std::string shown(const Json& value) {
  std::string text = value.dump();
  return text.size() > 80 ? text.substr(0, 77) + "..." : text;
}

std::optional<int64_t> whole(const Json& value) {
  if (value.is_int()) return value.as_int();
  if (value.is_double() && value.as_double() == static_cast<double>(static_cast<int64_t>(value.as_double()))) return static_cast<int64_t>(value.as_double());
  return std::nullopt;
}

}  // namespace

Vals one(Val value) { return {value}; }

const CallValue* Arguments::find(std::string_view name) const {
  for (const auto& [key, value] : values_)
    if (key == name) return value.is_none() ? nullptr : &value;
  return nullptr;
}

Val Arguments::fail(std::string_view message) {
  failed_ = true;
  return ctx.fail_value(std::string(message));
}

Val Arguments::fail(std::string_view name, std::string_view message) { return fail(fmt::format("{}: {}", name, message)); }

// ---- tensors ----------------------------------------------------------------------------------------------------------

Operand Arguments::operand_of(std::string_view name, const CallValue& value) {
  if (const KTensor* tensor = value.tensor()) return {tensor->value, {}, {tensor->value.poisoned() ? DType::float32 : tensor->value.dtype(), false}};
  const std::optional<Json> plain = plain_json(value);
  if (plain && (plain->is_number() || plain->is_bool()) && wrapper_of(value.constant() ? *value.constant() : Json()).empty()) {
    if (plain->is_bool()) return {{}, *plain, {DType::boolean, false}};
    return {{}, *plain, plain->is_int() ? kWeakInt : kWeakFloat};
  }
  if (!plain && value.list()) {  // a list with tensors inside: stacked, as convert_to_tensor does
    std::vector<Operand> items;
    for (const CallValue& item : *value.list()) items.push_back(operand_of(name, item));
    Val stacked = b.stack(promoted(items), 0);
    return {stacked, {}, {stacked.poisoned() ? DType::float32 : stacked.dtype(), false}};
  }
  const Json& constant = value.constant() ? *value.constant() : *plain;
  std::optional<ir::Tensor> array = array_constant(constant.is_object() && wrapper_of(constant) != "__numpy__" && wrapper_of(constant) != "__tensor__" ? *plain : constant);
  if (!array) {
    fail(name, fmt::format("{} is no tensor, number or array", shown(*plain)));
    return {};
  }
  const DType dtype = array->dtype;
  return {b.constant(std::move(*array)), {}, {dtype, weak_arrays && !constant.is_object()}};
}

Operand Arguments::operand(std::string_view name) {
  const CallValue* value = find(name);
  if (value) return operand_of(name, *value);
  fail(name, "is missing");
  return {};
}

std::vector<Operand> Arguments::operands(std::string_view name) {
  const CallValue* value = find(name);
  std::vector<Operand> result;
  if (!value) {
    fail(name, "is missing");
  } else if (const CallValue::List* list = value->list()) {
    for (const CallValue& item : *list) result.push_back(operand_of(name, item));
    if (list->empty()) fail(name, "is an empty list");
  } else if (const Json* constant = value->constant(); constant && constant->is_array()) {
    for (const Json& item : constant->as_array()) result.push_back(operand_of(name, {item}));
    if (constant->as_array().empty()) fail(name, "is an empty list");
  } else {
    result.push_back(operand_of(name, *value));
  }
  return result;
}

Val Arguments::as(const Operand& operand, DType dtype) {
  if (operand.number.is_null()) return b.cast(operand.value, dtype);
  return b.constant(*array_constant(operand.number, dtype));
}

Val Arguments::tensor(std::string_view name) {
  const Operand found = operand(name);
  return as(found, found.type.dtype);
}

Vals Arguments::promoted(const std::vector<Operand>& operands, std::optional<OperandType> with) {
  std::vector<OperandType> types;
  for (const Operand& operand : operands) types.push_back(operand.type);
  if (with) types.push_back(*with);
  Vals values;
  for (const OperandType& type : types) {
    if (type.dtype != DType::string) continue;
    fail("takes no strings");
    return Vals(operands.size());
  }
  const DType dtype = result_type(types);
  for (const Operand& operand : operands) values.push_back(as(operand, dtype));
  return values;
}

// ---- constants --------------------------------------------------------------------------------------------------------

std::optional<std::vector<Dim>> Arguments::integers_of(const CallValue& value) {
  if (const KTensor* tensor = value.tensor()) return traced_integers(tensor->value);
  if (const CallValue::List* list = value.list()) {
    std::vector<Dim> all;
    for (const CallValue& item : *list) {
      const std::optional<std::vector<Dim>> part = integers_of(item);
      if (!part || part->size() != 1) return std::nullopt;
      all.push_back(part->front());
    }
    return all;
  }
  const std::optional<Json> plain = plain_json(value);
  if (!plain) return std::nullopt;
  if (const std::optional<int64_t> number = whole(*plain)) return std::vector<Dim>{*number};
  if (!plain->is_array()) return std::nullopt;
  std::vector<Dim> all;
  for (const Json& item : plain->as_array()) {
    const std::optional<int64_t> number = whole(item);
    if (!number) return std::nullopt;
    all.push_back(*number);
  }
  return all;
}

Json Arguments::constant(std::string_view name) {
  const CallValue* value = find(name);
  if (!value) return {};
  std::optional<Json> plain = plain_json(*value);
  if (plain) return std::move(*plain);
  if (const std::optional<std::vector<Dim>> dims = integers_of(*value)) {
    Json::Array numbers;
    for (Dim dim : *dims) {
      if (!dim.is_static()) fail(name, "depends on the number of examples");
      numbers.push_back(dim.size);
    }
    return value->tensor() && value->tensor()->value.rank() == 0 ? numbers[0] : Json(std::move(numbers));
  }
  fail(name, "must be known when the model is compiled, but is computed by the model");
  return {};
}

int64_t Arguments::integer(std::string_view name, std::optional<int64_t> fallback) {
  if (!given(name)) {
    if (!fallback) fail(name, "is missing");
    return fallback.value_or(0);
  }
  const Json value = constant(name);
  const Json& only = value.is_array() && value.as_array().size() == 1 ? value.as_array()[0] : value;
  if (const std::optional<int64_t> number = whole(only)) return *number;
  if (!failed_) fail(name, fmt::format("{} is not an integer", shown(value)));
  return fallback.value_or(0);
}

std::optional<double> Arguments::optional_number(std::string_view name) {
  if (!given(name)) return std::nullopt;
  const Json value = constant(name);
  if (value.is_number()) return value.as_double();
  if (value.is_bool()) return value.as_bool() ? 1 : 0;
  if (!failed_) fail(name, fmt::format("{} is not a number", shown(value)));
  return std::nullopt;
}

double Arguments::number(std::string_view name, std::optional<double> fallback) {
  if (!given(name) && !fallback) fail(name, "is missing");
  return optional_number(name).value_or(fallback.value_or(0));
}

bool Arguments::boolean(std::string_view name, bool fallback) {
  if (!given(name)) return fallback;
  const Json value = constant(name);
  if (value.is_bool()) return value.as_bool();
  if (const std::optional<int64_t> number = whole(value); number && (*number == 0 || *number == 1)) return *number == 1;
  if (!failed_) fail(name, fmt::format("{} is not true or false", shown(value)));
  return fallback;
}

std::string Arguments::text(std::string_view name, std::string_view fallback) {
  if (!given(name)) return std::string(fallback);
  const Json value = constant(name);
  if (value.is_string()) return value.as_string();
  if (!failed_) fail(name, fmt::format("{} is not a text", shown(value)));
  return std::string(fallback);
}

std::optional<std::vector<int64_t>> Arguments::integers(std::string_view name) {
  if (!given(name)) return std::nullopt;
  std::vector<int64_t> numbers;
  const std::optional<std::vector<Dim>> dims = integers_of(*find(name));
  if (!dims) {
    const Json value = constant(name);
    if (!failed_) fail(name, fmt::format("{} holds something that is no integer", shown(value)));
    return numbers;
  }
  for (Dim dim : *dims) {
    if (!dim.is_static()) fail(name, "depends on the number of examples");
    numbers.push_back(dim.size);
  }
  return numbers;
}

DType Arguments::dtype(std::string_view name, DType fallback) {
  if (!given(name)) return fallback;
  const CallValue* value = find(name);
  Json named = constant(name);
  if (named.is_object()) {  // a DTypePolicy
    const Json* config = value->constant() ? value->constant()->find("config") : nullptr;
    const Json* inner = config ? config->find("name") : nullptr;
    if (inner) named = Json(*inner);
  }
  const std::optional<DType> dtype = named.is_string() ? dtype_named(named.as_string()) : std::nullopt;
  if (dtype && *dtype != DType::string) return *dtype;
  if (!failed_) fail(name, fmt::format("type {} is not supported", shown(named)));
  return fallback;
}

std::vector<std::optional<Dim>> Arguments::sizes(std::string_view name) {
  const CallValue* value = find(name);
  if (!value) {
    fail(name, "is missing");
    return {};
  }
  std::vector<std::optional<Dim>> result;
  if (const std::optional<std::vector<Dim>> dims = integers_of(*value)) {
    for (Dim dim : *dims) result.push_back(dim);
    return result;
  }
  const auto add = [&](const CallValue& item) {
    if (item.is_none()) return result.push_back(std::nullopt);
    const std::optional<std::vector<Dim>> dim = integers_of(item);
    if (!dim || dim->size() != 1) {
      fail(name, "holds a size that is no integer and does not follow from the shapes of tensors");
      return;
    }
    result.push_back(dim->front());
  };
  if (const CallValue::List* list = value->list()) {
    for (const CallValue& item : *list) add(item);
  } else if (const std::optional<Json> plain = plain_json(*value); plain && plain->is_array()) {
    for (const Json& item : plain->as_array()) add({item});
  } else {
    fail(name, "is no list of sizes");
  }
  return result;
}

int Arguments::axis(std::string_view name, int rank, std::optional<int64_t> fallback) {
  const int64_t given_axis = integer(name, fallback);
  const std::optional<int> axis = ir::normalize_axis(given_axis, rank);
  if (axis) return *axis;
  if (!failed_) fail(name, fmt::format("{} is outside the {} dimensions of the tensor", given_axis, rank));
  return 0;
}

std::vector<int> Arguments::axes(std::string_view name, int rank) {
  std::vector<int> result;
  const std::optional<std::vector<int64_t>> listed = integers(name);
  if (!listed) {
    for (int axis = 0; axis < rank; ++axis) result.push_back(axis);
    return result;
  }
  for (int64_t given_axis : *listed) {
    const std::optional<int> axis = ir::normalize_axis(given_axis, rank);
    if (!axis) {
      fail(name, fmt::format("{} is outside the {} dimensions of the tensor", given_axis, rank));
      return {};
    }
    result.push_back(*axis);
  }
  std::sort(result.begin(), result.end());
  if (std::adjacent_find(result.begin(), result.end()) != result.end()) fail(name, "one axis is named twice");
  return result;
}

bool Arguments::channels_first(std::string_view name) {
  const std::string format = text(name, "channels_last");
  if (format != "channels_last" && format != "channels_first") fail(name, fmt::format("'{}' is not one of channels_last, channels_first", format));
  return format == "channels_first";
}

bool Arguments::fix_batch(Dim dim, int64_t extent) {
  if (dim.batch <= 0 || extent <= dim.size || (extent - dim.size) % dim.batch != 0) return false;
  ctx.expansion().wanted_batch = (extent - dim.size) / dim.batch;
  return true;
}

}  // namespace keratin
