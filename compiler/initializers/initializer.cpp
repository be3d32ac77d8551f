#include "compiler/initializers/initializer.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

#include "compiler/import/bind_weights.h"
#include "compiler/initializers/stft.h"
#include "compiler/training/arguments.h"
#include "ir/builder.h"
#include "ir/eval.h"

namespace keratin {

namespace {

using Values = std::vector<double>;
using Extents = std::vector<int64_t>;
using Kind = ir::Random::Kind;

/// What an initializer draws from: streams of the evaluator's counter-based generator.
class Draws {
 public:
  explicit Draws(uint64_t seed) : seed_(seed) {}
  uint64_t seed() const { return seed_; }

  /// float64, so that the stored dtype rounds once.
  Values take(Kind kind, int64_t count) {
    ir::Program program;
    program.functions.push_back({});
    ir::Builder b(program, ir::FunctionId{0});
    ir::Tensor key(DType::uint64, {});
    key.integers[0] = static_cast<int64_t>(seed_ += 0x9E3779B97F4A7C15u);
    b.output(b.add1(ir::Random::Attrs{kind, {DType::float64, {Dim(count)}}}, {b.constant(key)}), "values");
    ir::Evaluator evaluator(program, 1);
    return evaluator.run(ir::FunctionId{0}, {})->at(0).floats;
  }

 private:
  uint64_t seed_;
};

struct Request {
  TrainingArguments& arguments;
  const Extents& shape;
  DType dtype;
  int64_t count;
  Draws& draws;
};

Values drawn(Request& r, Kind kind, double factor, double shift) {
  Values values = r.draws.take(kind, r.count);
  for (double& value : values) value = value * factor + shift;
  return values;
}

Values constant(Request& r) { return Values(static_cast<size_t>(r.count), r.arguments.number("value", 0)); }
Values zeros(Request& r) { return Values(static_cast<size_t>(r.count), 0); }
Values ones(Request& r) { return Values(static_cast<size_t>(r.count), 1); }
Values random_normal(Request& r) {
  const double mean = r.arguments.number("mean", 0), stddev = r.arguments.number("stddev", 0.05);
  return drawn(r, Kind::normal, stddev, mean);
}
Values truncated_normal(Request& r) {
  const double mean = r.arguments.number("mean", 0), stddev = r.arguments.number("stddev", 0.05);
  return drawn(r, Kind::truncated_normal, stddev, mean);
}
Values random_uniform(Request& r) {
  const double low = r.arguments.number("minval", -0.05), high = r.arguments.number("maxval", 0.05);
  return drawn(r, Kind::uniform, high - low, low);
}

/// The product of the extents along the axes of an argument; negative axes count from the end. Nothing: it is absent, null or refused.
std::optional<double> units_along(Request& r, const char* argument) {
  const Json* given = r.arguments.raw(argument);
  if (!given || given->is_null()) return {};
  double units = 1;
  const auto rank = static_cast<int64_t>(r.shape.size());
  for (double number : r.arguments.numbers(argument)) {
    const auto axis = static_cast<int64_t>(number);
    if (static_cast<double>(axis) != number || axis < -rank || axis >= rank) return r.arguments.refuse(argument, fmt::format("axes of the weight's {}", rank)), std::nullopt;
    units *= static_cast<double>(r.shape[static_cast<size_t>(axis < 0 ? axis + rank : axis)]);
  }
  return units;
}

Values scaled(Request& r, double scale, const std::string& mode, const std::string& distribution) {
  Fans fans = fans_of(r.shape);
  const std::optional<double> in = units_along(r, "input_axes"), out = units_along(r, "output_axes");
  if (in && out) fans = {*in, *out};  // one alone says nothing to Keras
  scale /= std::max(1.0, mode == "fan_in" ? fans.in : mode == "fan_out" ? fans.out : (fans.in + fans.out) / 2);
  if (distribution == "uniform") return drawn(r, Kind::uniform, 2 * std::sqrt(3 * scale), -std::sqrt(3 * scale));
  if (distribution == "untruncated_normal") return drawn(r, Kind::normal, std::sqrt(scale), 0);
  return drawn(r, Kind::truncated_normal, std::sqrt(scale) / 0.87962566103423978, 0);  // whose deviation is less for want of its tails
}

Values variance_scaling(Request& r) {
  const double scale = r.arguments.number("scale", 1, 0, HUGE_VAL);
  const std::string mode = r.arguments.choice("mode", "fan_in", {"fan_in", "fan_out", "fan_avg"});
  return scaled(r, scale, mode, r.arguments.choice("distribution", "truncated_normal", {"normal", "truncated_normal", "uniform", "untruncated_normal"}));
}
template <int Scale, bool Average, bool Uniform>
Values family(Request& r) { return scaled(r, Scale, Average ? "fan_avg" : "fan_in", Uniform ? "uniform" : "truncated_normal"); }

Values identity(Request& r) {
  const double gain = r.arguments.number("gain", 1);
  Values values(static_cast<size_t>(r.count), 0);
  if (r.shape.size() != 2) return r.arguments.refuse(fmt::format("needs a weight with two axes, not {}", r.shape.size())), values;
  for (int64_t i = 0; i < std::min(r.shape[0], r.shape[1]); ++i) values[static_cast<size_t>(i * r.shape[1] + i)] = gain;
  return values;
}

/// Q of a normal matrix's QR decomposition with R's diagonal positive, by Gram-Schmidt, each vector orthogonalised twice.
Values orthogonal(Request& r) {
  const double gain = r.arguments.number("gain", 1);
  const int64_t columns = r.shape.empty() ? 1 : r.shape.back(), rows = columns == 0 ? 0 : r.count / columns;
  const bool wide = rows < columns;
  const auto vectors = static_cast<size_t>(std::min(rows, columns)), length = static_cast<size_t>(std::max(rows, columns));
  const Values normal = r.draws.take(Kind::normal, r.count);
  std::vector<Values> q(vectors, Values(length));
  for (size_t i = 0; i < vectors; ++i) {
    for (size_t k = 0; k < length; ++k) q[i][k] = normal[k * vectors + i];
    for (int pass = 0; pass < 2; ++pass)
      for (size_t other = 0; other < i; ++other) {
        const double along = std::inner_product(q[i].begin(), q[i].end(), q[other].begin(), 0.0);
        for (size_t k = 0; k < length; ++k) q[i][k] -= along * q[other][k];
      }
    const double norm = std::sqrt(std::inner_product(q[i].begin(), q[i].end(), q[i].begin(), 0.0));
    for (double& value : q[i]) value /= norm;
  }
  Values values(static_cast<size_t>(r.count));
  for (size_t i = 0; i < vectors; ++i)
    for (size_t k = 0; k < length; ++k) values[wide ? i * length + k : k * vectors + i] = gain * q[i][k];
  return values;
}

Values stft(Request& r) { return stft_kernel(r.arguments, r.dtype, r.shape); }

/// A bias of four gates: ones for the second (LSTM's unit_forget_bias), the rest by another initializer.
Values unit_forget_bias(Request& r) {
  const Json* inner = r.arguments.raw("bias_initializer");
  const Result<ir::Tensor> rest = initial_value(inner ? *inner : Json("zeros"), DType::float64, r.shape, r.draws.seed());
  if (!rest) return r.arguments.refuse(rest.error()), Values(static_cast<size_t>(r.count));
  Values values = rest->floats;
  const ptrdiff_t units = static_cast<ptrdiff_t>(r.count / 4);
  std::fill(values.begin() + units, values.begin() + 2 * units, 1.0);
  return values;
}

struct Definition {
  std::string_view class_name;
  std::vector<std::string_view> short_names;
  Values (*values)(Request&);
};

const std::vector<Definition>& definitions() {
  static const std::vector<Definition> table = {
      {"Constant", {}, constant},
      {"GlorotNormal", {"glorot_normal", "xavier_normal"}, family<1, true, false>},
      {"GlorotUniform", {"glorot_uniform", "xavier_uniform"}, family<1, true, true>},
      {"HeNormal", {"he_normal"}, family<2, false, false>},
      {"HeUniform", {"he_uniform"}, family<2, false, true>},
      {"Identity", {"identity", "eye", "IdentityInitializer"}, identity},
      {"LecunNormal", {"lecun_normal"}, family<1, false, false>},
      {"LecunUniform", {"lecun_uniform"}, family<1, false, true>},
      {"Ones", {"ones", "one"}, ones},
      {"Orthogonal", {"orthogonal", "OrthogonalInitializer"}, orthogonal},
      {"RandomNormal", {"random_normal", "normal"}, random_normal},
      {"RandomUniform", {"random_uniform", "uniform"}, random_uniform},
      {"STFT", {"stft"}, stft},
      {"TruncatedNormal", {"truncated_normal"}, truncated_normal},
      {"UnitForgetBias", {}, unit_forget_bias},
      {"VarianceScaling", {"variance_scaling"}, variance_scaling},
      {"Zeros", {"zeros", "zero"}, zeros},
  };
  return table;
}

/// What Keras's layers say by default of a weight of that name.
std::string_view default_of(const std::string& weight) {
  if (weight.ends_with("recurrent_kernel")) return "orthogonal";
  if (weight.ends_with("kernel")) return "glorot_uniform";
  if (weight.ends_with("embeddings")) return "uniform";
  if (weight == "gamma" || weight == "scale" || weight.ends_with("variance")) return "ones";
  return "zeros";
}

}  // namespace

Fans fans_of(const std::vector<int64_t>& shape) {
  if (shape.empty()) return {};
  if (shape.size() == 1) return {static_cast<double>(shape[0]), static_cast<double>(shape[0])};
  double field = 1;
  for (size_t axis = 0; axis + 2 < shape.size(); ++axis) field *= static_cast<double>(shape[axis]);
  return {field * static_cast<double>(shape[shape.size() - 2]), field * static_cast<double>(shape.back())};
}

Result<ir::Tensor> initial_value(const Json& initializer, DType dtype, const std::vector<int64_t>& shape, uint64_t seed) {
  const Serialized given = serialized(initializer);
  for (const Definition& definition : definitions()) {
    if (!is_named(given.name, definition.class_name, definition.short_names)) continue;
    TrainingArguments arguments(given.config);
    arguments.ignore({"name", "dtype", "seed"});
    Draws draws(seed);
    Request request{arguments, shape, dtype, ir::count_of(shape), draws};
    const Values values = definition.values(request);
    if (const std::string problem = arguments.problem(); !problem.empty()) return Error{fmt::format("initializer {}: {}", given.name, problem)};
    ir::Tensor tensor(dtype, shape);
    for (size_t i = 0; i < values.size(); ++i) {
      if (is_float(dtype)) tensor.floats[i] = ir::round_to(dtype, values[i]);
      else tensor.integers[i] = static_cast<int64_t>(values[i]);
    }
    return tensor;
  }
  return Error{fmt::format("initializer {} is not supported", given.name.empty() ? initializer.dump() : "'" + given.name + "'")};
}

Json initializer_of(const Weight& weight) { return weight.initializer.is_null() ? Json(std::string(default_of(weight.name))) : weight.initializer; }

void initialize_weights(ir::Program& program, const std::vector<Layer*>& layers, uint64_t seed, const std::string& file, Problems& problems) {
  uint64_t number = 0;
  for (const Layer* layer : layers)
    for (const auto& weight : layer->weights) {
      if (!weight->variable.valid()) continue;
      const Json initializer = initializer_of(*weight);
      const std::vector<int64_t> shape = weight->shape.at(0);
      Result<ir::Tensor> value = initial_value(initializer, weight->dtype, shape, seed * 0xD1342543DE82EF95u + number++);
      if (!value) {
        problems.add(fmt::format("{}: {}: {}", file, weight->path, value.error()));
        continue;
      }
      program.variable(weight->variable).initial = std::make_shared<const ir::Tensor>(std::move(*value));
    }
}

}  // namespace keratin
