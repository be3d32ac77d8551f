#include "compiler/export/optimizer_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "compiler/export/saved_state.h"
#include "compiler/import/bind_weights.h"

namespace keratin {

namespace {

using Group = std::vector<std::string_view>;

/// The slots of a class. Each group is created in a loop over the weights of its own; slots of one group stand side by side for each weight.
struct SlotOrder {
  std::string_view class_name;
  std::vector<Group> groups;
};

const std::vector<SlotOrder>& slot_orders() {
  static const std::vector<SlotOrder> orders = {
      {"Adadelta", {{"accumulated_grad", "accumulated_delta_var"}}},
      {"Adafactor", {{"r", "c", "velocity"}}},
      {"Adagrad", {{"accumulator"}}},
      {"Adam", {{"momentum", "velocity"}, {"velocity_hat"}}},
      {"AdamW", {{"momentum", "velocity"}, {"velocity_hat"}}},
      {"Adamax", {{"momentum", "norm"}}},
      {"Ftrl", {{"accumulator", "linear"}}},
      {"Lamb", {{"momentum", "velocity"}}},
      {"Lion", {{"momentum"}}},
      {"Muon", {{"momentum", "velocity"}}},
      {"Nadam", {{"momentum", "velocity"}}},
      {"RMSprop", {{"velocity"}, {"momentum"}, {"average_gradient"}}},
      {"SGD", {{"momentum"}}},
      {"ScheduleFreeAdamW", {{"momentum", "velocity"}}},
  };
  return orders;
}

/// LossScaleOptimizer builds the optimizer in it without looking at its attributes: what is a variable only by being one (Nadam's product,
/// Adafactor's places) is then no part of its state, and lost when a model is saved.
class Order {
 public:
  Order(const OptimizerSetup& setup, const std::vector<const Weight*>& trained, const std::function<bool(const std::string&)>& has)
      : setup_(setup), trained_(trained), has_(has) {}

  std::vector<OptimizerVariable> run() {
    if (setup_.dynamic_scale) add_scaled("optimizer");
    else add_unscaled("optimizer");
    return std::move(variables_);
  }

 private:
  void add(std::string name, Array standard) {
    const bool there = !name.empty() && has_(name);
    variables_.push_back({{}, there ? std::move(name) : "", std::move(standard)});
  }
  void add_if_there(std::string name, const Array& standard) {
    if (has_(name)) add(std::move(name), standard);
  }
  /// An optimizer writes its variables, and those of the optimizers in it, under its own path.
  void place(size_t first, const std::string& path) {
    for (size_t i = first; i < variables_.size(); ++i) {
      std::vector<std::string>& places = variables_[i].places;
      places.insert(places.begin(), fmt::format("{}/vars/{}", path, i - first));
    }
  }

  void add_scaled(const std::string& path) {
    const size_t first = variables_.size();
    add("", counter());
    add("", scalar(0));  // a learning rate of its own, which nothing reads
    add("optimizer/step_counter", counter());
    add("optimizer/dynamic_scale", scalar(setup_.dynamic_scale->initial));
    add_unscaled(path + "/inner_optimizer");
    place(first, path);
  }

  void add_unscaled(const std::string& path) {
    if (setup_.parts.size() == 1) return add_single(*setup_.parts[0].optimizer, "optimizer/", trained_, path);
    const size_t first = variables_.size();
    add("optimizer/iteration", counter());
    add("", scalar(0));
    std::map<std::string, int> numbers;
    for (size_t i = 0; i < setup_.parts.size(); ++i) {
      const Optimizer& optimizer = *setup_.parts[i].optimizer;
      std::vector<const Weight*> own;
      for (const Weight* weight : trained_)
        if (setup_.part_of(weight->path) == static_cast<int>(i)) own.push_back(weight);
      const std::string name = snake_case(optimizer.class_name);
      const int number = numbers[name]++;
      add_single(optimizer, fmt::format("optimizer/{}/", i), own, fmt::format("{}/optimizers/{}{}", path, name, number ? fmt::format("_{}", number) : ""));
    }
    place(first, path);
  }

  void add_single(const Optimizer& optimizer, const std::string& prefix, const std::vector<const Weight*>& weights, const std::string& path) {
    const size_t first = variables_.size();
    add(prefix + "iteration", counter());
    if (!optimizer.schedule) add(prefix + "learning_rate", scalar(optimizer.learning_rate));
    add_groups({{"average"}, {"gradient_accumulator"}}, optimizer, prefix, weights);
    const auto order = std::find_if(slot_orders().begin(), slot_orders().end(), [&](const SlotOrder& known) { return known.class_name == optimizer.class_name; });
    IR_CHECK(order != slot_orders().end(), "every optimizer has an order");
    add_groups(order->groups, optimizer, prefix, weights);
    if (!weights.empty() && !setup_.dynamic_scale) add_if_there(prefix + "u_product", scalar(1));
    place(first, path);
  }

  void add_groups(const std::vector<Group>& groups, const Optimizer& optimizer, const std::string& prefix, const std::vector<const Weight*>& weights) {
    for (const Group& group : groups)
      for (const Weight* weight : weights)
        for (const std::string_view slot : group) {
          if (optimizer.class_name != "Adafactor" || slot.size() > 1 || weight->shape.rank() >= 2) add_if_there(fmt::format("{}{}_{}", prefix, weight->path, slot), Array());
          else if (!setup_.dynamic_scale) add("", Array::zeros(DType::int32, {}));  // in the place of factors that a vector does not have
        }
  }

  static Array counter() { return Array::zeros(DType::int64, {}); }
  static Array scalar(double value) { return Array::of<float>({}, {static_cast<float>(value)}); }

  const OptimizerSetup& setup_;
  const std::vector<const Weight*>& trained_;
  const std::function<bool(const std::string&)>& has_;
  std::vector<OptimizerVariable> variables_;
};

std::vector<OptimizerVariable> order_for(const OptimizerSetup& setup, const Layer& model, const NamedArrays& variables) {
  return optimizer_order(setup, trained_in_order(model), [&](const std::string& name) { return find_array(variables, name) != nullptr; });
}

/// The names of the variables that a training program of these weights would have.
std::set<std::string> program_names(const OptimizerSetup& setup, const std::vector<const Weight*>& trained) {
  ir::Program program;
  program.functions.push_back({});
  ir::Builder b(program, ir::FunctionId{0});
  std::vector<TrainedWeight> weights;
  for (const Weight* weight : trained) {
    const ir::VariableId id = add_variable(program, weight->path, {weight->dtype, weight->shape}, ir::Role::weight, 0);
    weights.push_back({id, b.parameter(program.variable(id).type, weight->path), {}});
  }
  std::optional<ir::VariableId> scale;
  loss_scale(b, setup, scale);
  apply_optimizer(b, setup, std::move(weights), scale);
  std::set<std::string> names;
  for (const ir::Variable& variable : program.variables) names.insert(variable.name);
  return names;
}

}  // namespace

std::vector<OptimizerVariable> stored_order(const Json& compile_config, const Layer& model, size_t count) {
  const Json* spec = compile_config.find("optimizer");
  Result<OptimizerSetup> setup = spec ? read_optimizer(*spec) : Result<OptimizerSetup>(Error{});
  if (!setup) return {};
  const std::vector<const Weight*> trained = trained_in_order(model);
  for (const bool wrapped : {false, true}) {  // Keras wraps the optimizer of a model in half precision, and does not say so
    if (wrapped) setup->dynamic_scale = DynamicLossScale{};
    const std::set<std::string> names = program_names(*setup, trained);
    std::vector<OptimizerVariable> order = optimizer_order(*setup, trained, [&](const std::string& name) { return names.contains(name); });
    if (order.size() == count) return order;
  }
  return {};
}

std::vector<OptimizerVariable> optimizer_order(const OptimizerSetup& setup, const std::vector<const Weight*>& trained, const std::function<bool(const std::string&)>& has) {
  return Order(setup, trained, has).run();
}

std::vector<const Weight*> trained_in_order(const Layer& model) {
  std::vector<const Weight*> list;
  std::set<const Weight*> known;
  for (const Weight* weight : trainable_weights(model))
    if (known.insert(weight).second) list.push_back(weight);
  return list;
}

NamedArrays keras_optimizer(const OptimizerSetup& setup, const Layer& model, const NamedArrays& variables) {
  NamedArrays stored;
  std::set<std::string> placed;
  for (const OptimizerVariable& variable : order_for(setup, model, variables)) {
    placed.insert(variable.name);
    const Array* array = variable.name.empty() ? &variable.standard : find_array(variables, variable.name);
    for (const std::string& place : variable.places) stored.emplace_back(place, *array);
  }
  for (const auto& [name, array] : variables)
    IR_CHECK(!name.starts_with("optimizer/") || placed.contains(name) || (setup.dynamic_scale && name.ends_with("/u_product")), "every variable of an optimizer has a place in Keras's file");
  return stored;
}

Result<NamedArrays> program_optimizer(const OptimizerSetup& setup, const Layer& model, const NamedArrays& stored, const NamedArrays& variables) {
  const std::vector<OptimizerVariable> order = order_for(setup, model, variables);
  const std::vector<const NamedArray*> present = optimizer_variables(stored);
  if (present.size() != order.size()) return Error{fmt::format("{} variables are kept of the optimizer, which has {} for this model", present.size(), order.size())};
  NamedArrays values;
  for (size_t i = 0; i < order.size(); ++i) {
    if (order[i].name.empty()) continue;
    const Array& wanted = *find_array(variables, order[i].name);
    const auto& [place, array] = *present[i];
    if (array.shape != wanted.shape || array.dtype == DType::string || is_float(array.dtype) != is_float(wanted.dtype))
      return Error{fmt::format("{}: is {} {}, {} has {} {}", place, name_of(array.dtype), shape_text(array.shape), order[i].name, name_of(wanted.dtype), shape_text(wanted.shape))};
    values.emplace_back(order[i].name, array.to(wanted.dtype));
  }
  return values;
}

}  // namespace keratin
