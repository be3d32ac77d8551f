#include "compiler/training/tracked_metrics.h"

#include <algorithm>
#include <fmt/format.h>

namespace keratin {

namespace {

const std::vector<MetricVariable> kMean = {{"total", {DType::float32, {}}}, {"count", {DType::float32, {}}}};

}  // namespace

/// Keras's key of a metric: with the output in front where there are several, `weighted_` where an unweighted one has the name, then a number.
std::string TrackedMetrics::free_key(const std::string& output, const std::string& name, bool weighted) const {
  const auto taken = [&](const std::string& key) {
    return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.kind == Entry::Kind::metric && entry.key == key; });
  };
  const std::string front = output.empty() ? "" : output + "_";
  std::string key = front + name;
  if (weighted && taken(key)) key = front + "weighted_" + name;
  std::string numbered = key;
  for (int i = 1; taken(numbered); ++i) numbered = fmt::format("{}_{}", key, i);
  return numbered;
}

void TrackedMetrics::add(ir::Program& program, Entry entry, const std::vector<MetricVariable>& variables) {
  for (const MetricVariable& variable : variables)
    entry.variables.push_back(add_variable(program, fmt::format("metric/{}/{}", entry.key, variable.name), variable.type, ir::Role::metric, 0));
  entries_.push_back(std::move(entry));
}

TrackedMetrics::TrackedMetrics(ir::Program& program, const TrainingSetup& setup, const std::vector<std::string>& outputs, const StepValues& example) {
  add(program, {Entry::Kind::total_loss, "loss", 0, nullptr, false, {}}, kMean);
  const auto losses = std::count_if(setup.outputs.begin(), setup.outputs.end(), [](const OutputTraining& output) { return output.loss.has_value(); });
  for (size_t i = 0; losses > 1 && i < outputs.size(); ++i)
    if (setup.outputs[i].loss) add(program, {Entry::Kind::output_loss, outputs[i] + "_loss", i, nullptr, false, {}}, kMean);
  for (const bool weighted : {false, true})
    for (size_t i = 0; i < outputs.size(); ++i)
      for (const auto& metric : weighted ? setup.outputs[i].weighted_metrics : setup.outputs[i].metrics) {
        const MetricBatch& batch = example.outputs[i].batch;
        const std::string key = free_key(outputs.size() > 1 ? outputs[i] : "", metric->name, weighted);
        add(program, {Entry::Kind::metric, key, i, metric, weighted, {}}, metric->variables(batch.y.type(), batch.prediction.type()));
      }
}

void TrackedMetrics::update(ir::Builder& b, const StepValues& values) const {
  for (const Entry& entry : entries_) {
    Vals added;
    if (entry.kind == Entry::Kind::total_loss) {
      const Val count = b.size(values.examples, DType::float32);
      added = {values.total_loss * count, count};
    } else if (entry.kind == Entry::Kind::output_loss) {
      // Every step counts alike here, however many examples it has: TensorFlow does not know their number when it builds its graph.
      added = {values.outputs[entry.output].loss, b.number(DType::float32, 1)};
    } else {
      MetricBatch batch = values.outputs[entry.output].batch;
      if (!entry.weighted) batch.weight = {};
      added = entry.metric->update(b, batch);
    }
    for (size_t i = 0; i < added.size(); ++i)
      if (!added[i].poisoned()) b.update(entry.variables[i], b.read(entry.variables[i]) + added[i]);
  }
}

ir::FunctionId TrackedMetrics::add_results(ir::Program& program) const {
  program.functions.push_back({});
  const ir::FunctionId id{static_cast<uint32_t>(program.functions.size() - 1)};
  program.function(id).name = "metric_results";
  ir::Builder b(program, id);
  for (const Entry& entry : entries_) {
    Vals state;
    for (ir::VariableId variable : entry.variables) state.push_back(b.read(variable));
    b.output(entry.metric ? entry.metric->result(b, state) : divide_no_nan(state[0], state[1]), entry.key);
  }
  return id;
}

std::vector<std::string> TrackedMetrics::keys() const {
  std::vector<std::string> keys;
  for (const Entry& entry : entries_) keys.push_back(entry.key);
  return keys;
}

std::vector<Better> TrackedMetrics::better() const {
  std::vector<Better> list;
  for (const Entry& entry : entries_) list.push_back(entry.metric ? entry.metric->better : Better::smaller);
  return list;
}

}  // namespace keratin
