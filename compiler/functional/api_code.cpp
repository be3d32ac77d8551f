#include "compiler/functional/api_code.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <functional>
#include <map>
#include <set>

#include "codegen/names.h"
#include "compiler/functional/cpp_literals.h"
#include "compiler/functional/layer_code.h"

namespace keratin::functional {

namespace {

/// The options of a call, in the order of CallOptions.
constexpr std::string_view kCallOptions[] = {"mask", "initial_state", "states", "training", "key", "query_mask", "value_mask", "key_mask", "attention_mask", "return_attention_scores",
                                             "use_causal_mask"};

/// Functions of one file; each nested model is one.
class File {
 public:
  std::string text;

  std::string function_name(const std::string& name) {
    std::string unique = name;
    for (int i = 2; !names_.insert(unique).second; ++i) unique = fmt::format("{}_{}", name, i);
    return unique;
  }

 private:
  std::set<std::string> names_;
};

class Function {
 public:
  Function(File& file, const keratin::Model& model, const Json& config) : file_(file), model_(model), config_(config) {}

  /// Writes the function and those of nested models before it.
  void write(const std::string& name) {
    body_.clear();
    if (model_.sequential) write_sequential();
    else write_functional();
    file_.text += fmt::format("\nModel {}() {{\n{}}}\n", name, body_);
  }

 private:
  using CallId = std::pair<int, int>;

  void line(std::string text) { body_ += fmt::format("  {}\n", text); }

  /// An identifier that nothing else has in this function.
  std::string local(const std::string& name) {
    const std::string stem = identifier(name);
    std::string unique = stem;
    for (int i = 1; !locals_.insert(unique).second; ++i) unique = fmt::format("{}_{}", stem, i);
    return unique;
  }

  // ---- layers

  /// What makes the layer: a constructor's call, or that of a nested model's function.
  std::string made(const GraphLayer& entry) {
    if (const auto nested = std::dynamic_pointer_cast<keratin::Model>(entry.layer)) {
      const std::string name = file_.function_name("build_" + identifier(entry.name));
      Function(file_, *nested, entry.json.member("config")).write(name);
      return name + "()";
    }
    return layer_expression(entry.json);
  }

  static std::string input_expression(const GraphLayer& entry) {
    const Json& config = entry.json.member("config");
    const Json& whole = config.member("batch_shape").is_array() ? config.member("batch_shape") : config.member("batch_input_shape");
    if (!whole.is_array()) throw CodeError{fmt::format("{}: an input without a shape cannot be written", entry.name)};
    std::vector<std::string> options, extents;
    const Json::Array& shape = whole.as_array();
    const bool open_batch = shape.size() > 1 && shape[0].is_null();
    for (size_t i = open_batch; i < shape.size(); ++i) extents.push_back(shape[i].is_null() ? "std::nullopt" : std::to_string(shape[i].as_int()));
    const std::string list = fmt::format("{{{}}}", fmt::join(extents, ", "));
    if (const Json& dtype = config.member("dtype"); dtype.is_string() && dtype.as_string() != "float32") options.push_back(".dtype = " + string_literal(dtype.as_string()));
    if (!open_batch) options.push_back(".batch_shape = " + list);
    options.push_back(".name = " + string_literal(entry.name));
    if (const Json& optional = config.member("optional"); optional.is_bool() && optional.as_bool()) options.push_back(".optional = true");
    return fmt::format("Input({}{{{}}})", open_batch ? list + ", " : "", fmt::join(options, ", "));
  }

  // ---- tensors and arguments

  std::string tensor(const TensorRef& ref) {
    const std::string& name = results_.at({ref.layer, ref.call});
    return several_.contains({ref.layer, ref.call}) ? fmt::format("{}[{}]", name, ref.output) : name;
  }

  std::string inputs(const GraphValue& value) {
    if (const auto* ref = std::get_if<TensorRef>(&value.value)) return tensor(*ref);
    if (const auto* list = std::get_if<GraphValue::List>(&value.value)) {
      std::vector<std::string> parts;
      for (const GraphValue& item : *list) parts.push_back(inputs(item));
      return fmt::format("{{{}}}", fmt::join(parts, ", "));
    }
    if (const auto* dict = std::get_if<GraphValue::Dict>(&value.value)) {
      std::vector<std::string> parts;
      for (const auto& [key, item] : *dict) parts.push_back(fmt::format("{{{}, {}}}", string_literal(key), inputs(item)));
      return fmt::format("std::map<std::string, Tensor>{{{}}}", fmt::join(parts, ", "));
    }
    if (std::get<Json>(value.value).is_null()) return "Tensor()";
    throw CodeError{fmt::format("the constant {} as an input of a layer", std::get<Json>(value.value).dump())};
  }

  /// An argument of an operation.
  std::string operand(const GraphValue& value) {
    if (const auto* ref = std::get_if<TensorRef>(&value.value)) return tensor(*ref);
    if (const auto* list = std::get_if<GraphValue::List>(&value.value)) {
      std::vector<std::string> parts;
      for (const GraphValue& item : *list) parts.push_back(operand(item));
      return fmt::format("ops::Operand(std::vector<ops::Operand>{{{}}})", fmt::join(parts, ", "));
    }
    if (const auto* json = std::get_if<Json>(&value.value)) return json->is_number() ? json_expression(*json) : fmt::format("ops::Operand(Json({}))", json_expression(*json));
    throw CodeError{"a dictionary as an argument of an operation"};
  }

  std::string options(GraphValue::Dict named) {
    std::vector<std::string> parts;
    for (std::string_view key : kCallOptions) {
      const auto found = std::find_if(named.begin(), named.end(), [&](const GraphEntry& entry) { return entry.first == key; });
      if (found == named.end()) continue;
      const auto* json = std::get_if<Json>(&found->second.value);
      if (json && !json->is_null() && !json->is_bool()) throw CodeError{fmt::format("the constant {} as `{}`", json->dump(), key)};
      if (json && json->is_bool() && (json->as_bool() || key == "training")) parts.push_back(fmt::format(".{} = {}", key, json->as_bool()));
      if (!json) parts.push_back(fmt::format(".{} = {}", key, inputs(found->second)));
      named.erase(found);
    }
    for (const GraphEntry& left : named)
      if (const auto* json = std::get_if<Json>(&left.second.value); !json || !json->is_null()) throw CodeError{fmt::format("the argument `{}` of the call", left.first)};
    return parts.empty() ? "" : fmt::format(", {{{}}}", fmt::join(parts, ", "));
  }

  // ---- calls

  std::string layer_call(const GraphLayer& entry, const std::string& callee, const GraphCall& call) {
    GraphValue::Dict named = call.kwargs;
    std::vector<GraphValue> args = call.args;
    const bool attention = entry.json.member("class_name") == Json("MultiHeadAttention");
    const auto move_to = [&](size_t index, const char* key) {
      if (args.size() <= index) return;
      named.push_back({key, args[index]});
      args.erase(args.begin() + static_cast<ptrdiff_t>(index));
    };
    if (attention) {
      if (const auto value = std::find_if(named.begin(), named.end(), [](const GraphEntry& e) { return e.first == "value"; }); value != named.end() && args.size() == 1) {
        args.push_back(value->second);
        named.erase(value);
      }
      move_to(2, "key");
    } else if (dynamic_cast<const keratin::Model*>(entry.layer.get()) == nullptr) {
      move_to(1, std::string_view(entry.layer->class_name).ends_with("Cell") || entry.layer->class_name == "StackedRNNCells" ? "states" : "mask");
    }
    if (args.size() != (attention ? 2 : 1)) throw CodeError{fmt::format("a call with {} inputs by position", args.size())};
    std::string text = callee + "(" + inputs(args[0]);
    if (attention) text += ", " + inputs(args[1]);
    return text + options(std::move(named)) + ")";
  }

  static std::string operation_name(const GraphLayer& entry) {
    const Json& name = entry.json.member("class_name");
    return name.is_string() ? name.as_string() : entry.layer->class_name;
  }

  std::string operation_call(const GraphLayer& entry, const GraphCall& call) {
    std::vector<std::string> arguments, named;
    for (const GraphValue& arg : call.args) arguments.push_back(operand(arg));
    for (const auto& [key, value] : call.kwargs) named.push_back(fmt::format("{{{}, {}}}", string_literal(key), operand(value)));
    const Json& config = entry.json.member("config");
    return fmt::format("ops::operation({}, {}, {{{}}}{})", string_literal(operation_name(entry)), object_expression(config.is_object() ? config.as_object() : Json::Object{}, false),
                       fmt::join(arguments, ", "), named.empty() ? "" : fmt::format(", {{{}}}", fmt::join(named, ", ")));
  }

  /// Whether a call gives a list: more than one output is read, or the layer says so.
  bool gives_several(const GraphLayer& entry, CallId id) const {
    if (const auto* nested = dynamic_cast<const keratin::Model*>(entry.layer.get())) return nested->outputs.size() > 1;
    if (entry.layer->is_operation || used_several_.contains(id)) return true;
    const Json& config = entry.json.member("config");
    const Json &own = config.member("return_state"), &inner = config.member("layer").member("config").member("return_state");
    if (own == Json(true) || inner == Json(true) || entry.layer->class_name.ends_with("Cell") || entry.layer->class_name == "StackedRNNCells") return true;
    for (const auto& [key, value] : entry.calls[static_cast<size_t>(id.second)].kwargs)
      if (const auto* json = std::get_if<Json>(&value.value); key == "return_attention_scores" && json && *json == Json(true)) return true;
    return false;
  }

  void write_call(int layer, int call) {
    const CallId id{layer, call};
    const GraphLayer& entry = model_.layers[static_cast<size_t>(layer)];
    if (!entry.layer || results_.contains(id)) return;
    if (call > 0) write_call(layer, call - 1);  // calls keep their numbers
    try {
      const bool is_input = entry.json.member("class_name") == Json("InputLayer");
      const std::string expression = is_input                      ? input_expression(entry)
                                     : entry.layer->is_operation ? operation_call(entry, entry.calls[static_cast<size_t>(call)])
                                                                   : layer_call(entry, callee(layer), entry.calls[static_cast<size_t>(call)]);
      if (!is_input && gives_several(entry, id)) several_.insert(id);
      const std::string name = local(entry.calls.size() > 1 ? fmt::format("{}_{}", entry.name, call + 1) : entry.name);
      results_[id] = name;
      line(fmt::format("const {} {} = {};", several_.contains(id) ? "auto" : "Tensor", name, expression));
    } catch (const CodeError& error) {
      throw CodeError{fmt::format("{}: {} cannot be written with the functional API", entry.name, error.what)};
    }
  }

  /// A layer that is called once is made in its call.
  std::string callee(int layer) {
    const GraphLayer& entry = model_.layers[static_cast<size_t>(layer)];
    if (entry.calls.size() == 1) return made(entry);
    std::string& handle = handles_[layer];
    if (handle.empty()) {
      const std::string expression = made(entry);
      handle = local(entry.name);
      line(fmt::format("const auto {} = {};", handle, expression));
    }
    return handle;
  }

  void note_uses() {
    const std::function<void(const GraphValue&)> note = [&](const GraphValue& value) {
      if (const auto* ref = std::get_if<TensorRef>(&value.value); ref && ref->output > 0) used_several_.insert({ref->layer, ref->call});
      if (const auto* list = std::get_if<GraphValue::List>(&value.value))
        for (const GraphValue& item : *list) note(item);
      if (const auto* dict = std::get_if<GraphValue::Dict>(&value.value))
        for (const GraphEntry& item : *dict) note(item.second);
    };
    for (const GraphLayer& entry : model_.layers)
      for (const GraphCall& call : entry.calls) {
        for (const GraphValue& arg : call.args) note(arg);
        for (const GraphEntry& arg : call.kwargs) note(arg.second);
      }
    for (const TensorRef& output : model_.outputs)
      if (output.output > 0) used_several_.insert({output.layer, output.call});
  }

  /// The ends of the graph in the form of the file: one tensor, a list, a dictionary.
  std::string ends(const Json& given, const std::vector<TensorRef>& refs, size_t& next) {
    if (!given.is_object() && !(given.is_array() && !given.as_array().empty() && !given.as_array()[0].is_string())) return tensor(refs.at(next++));
    std::vector<std::string> parts;
    if (given.is_object()) {
      std::vector<std::string> keys;
      for (const auto& [name, value] : given.as_object()) keys.push_back(name);
      std::sort(keys.begin(), keys.end());  // the order of `refs`
      for (const std::string& key : keys) parts.push_back(fmt::format("{{{}, {}}}", string_literal(key), ends(*given.find(key), refs, next)));
      return fmt::format("std::map<std::string, Tensor>{{{}}}", fmt::join(parts, ", "));
    }
    const auto is_tensor = [](const Json& entry) { return entry.is_array() && !entry.as_array().empty() && entry.as_array()[0].is_string(); };
    const bool flat = std::all_of(given.as_array().begin(), given.as_array().end(), is_tensor);
    for (const Json& entry : given.as_array()) parts.push_back((flat || is_tensor(entry) ? "" : "Inputs") + ends(entry, refs, next));
    return flat ? fmt::format("{{{}}}", fmt::join(parts, ", ")) : fmt::format("Inputs::nested({{{}}})", fmt::join(parts, ", "));
  }

  std::string ends(const char* key, const std::vector<TensorRef>& refs) {
    size_t next = 0;
    return ends(config_.member(key), refs, next);
  }

  void write_functional() {
    note_uses();
    for (const TensorRef& input : model_.inputs) write_call(input.layer, 0);
    for (const keratin::Model::CallRef& at : model_.order) write_call(at.layer, at.call);
    line(fmt::format("return Model({}, {}, {});", ends("input_layers", model_.inputs), ends("output_layers", model_.outputs), model_options()));
  }

  std::string model_options() const { return fmt::format("{{.name = {}{}}}", string_literal(model_.name), config_.member("trainable") == Json(false) ? ", .trainable = false" : ""); }

  void write_sequential() {
    std::string input;
    std::vector<std::string> layers;
    for (const GraphLayer& entry : model_.layers) {
      if (entry.json.member("class_name") == Json("InputLayer")) input = input_expression(entry) + ", ";
      else layers.push_back(made(entry));
    }
    line(fmt::format("return Sequential({}{{", input));
    for (const std::string& layer : layers) line(fmt::format("    {},", layer));
    line(fmt::format("}}, {});", model_options()));
  }

  File& file_;
  const keratin::Model& model_;
  const Json& config_;
  std::string body_;
  std::set<std::string> locals_ = {"layers", "ops", "std"};
  std::set<CallId> used_several_, several_;  // calls whose result is a list
  std::map<CallId, std::string> results_;
  std::map<int, std::string> handles_;
};

}  // namespace

Result<std::string> api_code(const keratin::Model& model, const Json& config, const std::string& function) {
  if (!model.version.keras3()) return Error{fmt::format("{}: comes from a file of Keras 2, whose layers the functional API does not write; save it in Keras 3 first", model.name)};
  if (model.unbuilt) return Error{fmt::format("{}: was saved before it knew its input's shape", model.name)};
  File file;
  file.text = fmt::format("// {}, built with the functional API; its weights come from a file: {}().load_weights(...).\n#include <keratin/keratin.h>\n\nusing namespace keratin;\n", model.name, function);
  file.function_name(function);
  try {
    Function(file, model, config.member("config")).write(function);
  } catch (const CodeError& error) {
    return Error{error.what};
  }
  return std::move(file.text);
}

}  // namespace keratin::functional
