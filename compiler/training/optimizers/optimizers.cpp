#include <cctype>
#include <fmt/format.h>

#include "compiler/training/optimizers/optimizer.h"

namespace keratin {

namespace {

struct Definition {
  std::string_view class_name;
  optimizers::Pointer (*create)(TrainingArguments&);
};

constexpr Definition kOptimizers[] = {
    {"Adadelta", optimizers::adadelta}, {"Adafactor", optimizers::adafactor}, {"Adagrad", optimizers::adagrad},
    {"Adam", optimizers::adam},         {"AdamW", optimizers::adamw},         {"Adamax", optimizers::adamax},
    {"Ftrl", optimizers::ftrl},         {"Lamb", optimizers::lamb},           {"Lion", optimizers::lion},
    {"Muon", optimizers::muon},         {"Nadam", optimizers::nadam},         {"RMSprop", optimizers::rmsprop},
    {"SGD", optimizers::sgd},           {"ScheduleFreeAdamW", optimizers::schedule_free_adamw},
};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& letter : result) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return result;
}

/// What every optimizer takes.
Result<bool> read_common(TrainingArguments& a, Optimizer& optimizer) {
  a.ignore({"name", "jit_compile", "is_legacy_optimizer"});
  if (const Json* rate = a.raw("learning_rate"); rate && rate->is_object()) {
    Result<Schedule> schedule = read_schedule(*rate);
    if (!schedule) return Error{schedule.error()};
    optimizer.schedule = std::move(*schedule);
  } else {
    optimizer.learning_rate = a.number("learning_rate", optimizer.learning_rate);
  }
  // tf.keras writes false for an absent decay
  if (const Json* decay = a.raw("weight_decay"); decay && !decay->is_bool()) optimizer.weight_decay = a.optional_number("weight_decay", optimizer.weight_decay);
  optimizer.clip_norm = a.optional_number("clipnorm");
  optimizer.clip_value = a.optional_number("clipvalue");
  optimizer.global_clip_norm = a.optional_number("global_clipnorm");
  optimizer.loss_scale = a.optional_number("loss_scale_factor");
  const bool averages = a.flag("use_ema");
  const double momentum = a.number("ema_momentum", 0.99);
  const std::optional<int64_t> overwrite = a.optional_integer("ema_overwrite_frequency"), accumulation = a.optional_integer("gradient_accumulation_steps");
  if (averages) {
    if (momentum < 0 || momentum > 1) a.refuse("ema_momentum", "a number from 0 to 1");
    optimizer.average_momentum = momentum;
    if (overwrite && *overwrite < 1) a.refuse("ema_overwrite_frequency", "an integer of at least 1");
    optimizer.average_overwrite = overwrite.value_or(0);
  }
  if (accumulation && *accumulation < 2) a.refuse("gradient_accumulation_steps", "an integer of at least 2");
  optimizer.accumulation = std::max<int64_t>(1, accumulation.value_or(1));
  if (optimizer.clip_norm.has_value() + optimizer.clip_value.has_value() + optimizer.global_clip_norm.has_value() > 1)
    return Error{"only one of clipnorm, clipvalue and global_clipnorm may be given"};
  return true;
}

Result<optimizers::Pointer> read_single(const Json& spec) {
  const Serialized given = serialized(spec);
  for (const Definition& definition : kOptimizers) {
    if (lower(definition.class_name) != lower(given.name)) continue;
    TrainingArguments arguments(given.config);
    optimizers::Pointer optimizer = definition.create(arguments);
    optimizer->class_name = definition.class_name;
    const Result<bool> common = read_common(arguments, *optimizer);
    const std::string problem = common ? arguments.problem() : common.error();
    if (!problem.empty()) return Error{fmt::format("optimizer: {}: {}", given.name, problem)};
    return optimizer;
  }
  return Error{fmt::format("optimizer: {} is not supported", given.name.empty() ? spec.dump() : "'" + given.name + "'")};
}

const Json* member(const Json* json, std::string_view key) { return json ? json->find(key) : nullptr; }

Result<OptimizerSetup> read_multi(const Json& config) {
  OptimizerSetup setup;
  const Json* map = member(member(&config, "optimizer_map"), "config");
  const Json *entries = member(map, "optimizer_map"), *standard = member(map, "default_optimizer");
  if (!standard) return Error{"optimizer: MultiOptimizer: optimizer_map holds no default_optimizer"};
  TrainingArguments arguments(&config);
  arguments.ignore({"name", "optimizer_map"});
  setup.loss_scale = arguments.optional_number("loss_scale_factor");
  if (const std::string problem = arguments.problem(); !problem.empty()) return Error{fmt::format("optimizer: MultiOptimizer: {}", problem)};
  const auto add = [&](const std::string& key, const Json& spec) -> std::string {
    Result<optimizers::Pointer> optimizer = read_single(spec);
    if (!optimizer) return optimizer.error();
    try {
      std::regex pattern(key);
    } catch (const std::regex_error&) {
      return fmt::format("optimizer: MultiOptimizer: '{}' is no regular expression", key);
    }
    (*optimizer)->loss_scale = setup.loss_scale;
    setup.parts.push_back({key, *optimizer});
    return {};
  };
  if (entries && entries->is_object())
    for (const auto& [key, spec] : entries->as_object())
      if (const std::string problem = add(key, spec); !problem.empty()) return Error{problem};
  if (const std::string problem = add("", *standard); !problem.empty()) return Error{problem};
  return setup;
}

}  // namespace

int OptimizerSetup::part_of(const std::string& path) const {
  int found = -2;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].key.empty()) {
      if (found == -2) found = static_cast<int>(i);
      continue;
    }
    if (parts[i].key == path) return static_cast<int>(i);
    if (std::regex_match(path, std::regex(parts[i].key))) {
      if (found >= 0 && !parts[static_cast<size_t>(found)].key.empty()) return -1;
      found = static_cast<int>(i);
    }
  }
  return found;
}

Result<OptimizerSetup> read_optimizer(const Json& spec) {
  const Serialized given = serialized(spec);
  if (given.name == "MultiOptimizer" && given.config) return read_multi(*given.config);
  OptimizerSetup setup;
  const Json* single = &spec;
  if (given.name == "LossScaleOptimizer" && given.config) {
    single = given.config->find("inner_optimizer");
    if (!single) return Error{"optimizer: LossScaleOptimizer holds no inner_optimizer"};
    TrainingArguments arguments(given.config);
    arguments.ignore({"name", "inner_optimizer"});
    DynamicLossScale scale;
    scale.initial = arguments.number("initial_scale", scale.initial);
    scale.growth_steps = arguments.integer("dynamic_growth_steps", scale.growth_steps, 1);
    if (const std::string problem = arguments.problem(); !problem.empty()) return Error{fmt::format("optimizer: LossScaleOptimizer: {}", problem)};
    setup.dynamic_scale = scale;
  }
  Result<optimizers::Pointer> optimizer = read_single(*single);
  if (!optimizer) return Error{optimizer.error()};
  if (setup.dynamic_scale) (*optimizer)->loss_scale.reset();
  setup.loss_scale = (*optimizer)->loss_scale;
  setup.parts.push_back({"", std::move(*optimizer)});
  return setup;
}

}  // namespace keratin
