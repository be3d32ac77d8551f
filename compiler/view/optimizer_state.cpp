#include "compiler/view/optimizer_state.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace keratin {

namespace {

struct Slots {
  std::string_view name;
  int always;                                             // arrays of the size of each weight
  std::array<std::string_view, 2> one_more_each;  // config keys that ask for one more where they are true or not 0
};

constexpr Slots kSlots[] = {
    {"Adadelta", 2, {}},   {"Adafactor", 1, {}},        {"Adagrad", 1, {}},
    {"Adam", 2, {"amsgrad"}}, {"AdamW", 2, {"amsgrad"}}, {"Adamax", 2, {}},
    {"Ftrl", 2, {}},       {"Lamb", 2, {}},             {"Lion", 1, {}},
    {"Muon", 1, {}},       {"Nadam", 2, {}},            {"RMSprop", 1, {"momentum", "centered"}},
    {"SGD", 0, {"momentum"}}, {"ScheduleFreeAdamW", 2, {}},
};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool asks(const Json& config, std::string_view key) {
  const Json* value = config.find(key);
  return value && ((value->is_bool() && value->as_bool()) || (value->is_number() && value->as_double() != 0));
}

void add(ParameterCount& count, int64_t number, int64_t bytes_each) {
  count.number += number;
  count.bytes += number * bytes_each;
}

/// What is not an array of the weight's size: Adafactor keeps row and column factors, Muon a second slot unless the weight is a matrix.
void add_special(const Slots& slots, const Weight& weight, ParameterCount& count) {
  const int rank = weight.shape.rank();
  const int64_t elements = weight.shape.static_count(), bytes = static_cast<int64_t>(size_of(weight.dtype));
  if (slots.name == "Muon" && rank != 2) add(count, elements, bytes);
  if (slots.name != "Adafactor") return;
  if (rank < 2) return add(count, 2, 4);
  const int64_t rows = weight.shape[rank - 2].size, columns = weight.shape[rank - 1].size;
  if (rows > 0 && columns > 0) add(count, elements / columns + elements / rows, bytes);
}

}  // namespace

std::optional<ParameterCount> optimizer_state(const Json& optimizer, const std::vector<Weight*>& trainable) {
  static const Json empty = Json::Object{};
  const Json* class_name = optimizer.is_string() ? &optimizer : optimizer.find("class_name");
  const Json* config = optimizer.find("config");
  if (!class_name || !class_name->is_string()) return std::nullopt;
  if (!config) config = &empty;
  ParameterCount count;
  add(count, 1, 8);  // iteration
  const Json* rate = config->find("learning_rate");
  const bool scheduled = rate && rate->is_object() && rate->find("class_name") && rate->find("class_name")->as_string() != "Variable";
  if (!scheduled) add(count, 1, 4);
  if (lower(class_name->as_string()) == "lossscaleoptimizer") {
    const Json* inner = config->find("inner_optimizer");
    const std::optional<ParameterCount> more = inner ? optimizer_state(*inner, trainable) : std::nullopt;
    if (!more) return std::nullopt;
    return ParameterCount{count.number + 2 + more->number, count.bytes + 12 + more->bytes};  // step counter and scale
  }
  const auto slots = std::find_if(std::begin(kSlots), std::end(kSlots), [&](const Slots& known) { return lower(std::string(known.name)) == lower(class_name->as_string()); });
  if (slots == std::end(kSlots)) return std::nullopt;
  int arrays = slots->always;
  for (std::string_view key : slots->one_more_each) arrays += !key.empty() && asks(*config, key);
  for (std::string_view key : {"use_ema", "gradient_accumulation_steps"}) arrays += asks(*config, key);
  for (const Weight* weight : trainable) {
    add(count, arrays * weight->shape.static_count(), static_cast<int64_t>(size_of(weight->dtype)));
    add_special(*slots, *weight, count);
  }
  if (slots->name == "Nadam") add(count, 1, 4);  // the product of the schedule
  return count;
}

}  // namespace keratin
