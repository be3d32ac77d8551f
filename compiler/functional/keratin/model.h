// Model: a functional graph as one layer, and all that Keras's Model does.
#pragma once

#include <map>
#include <variant>

#include "keratin/callbacks.h"
#include "keratin/history.h"
#include "keratin/layer.h"
#include "keratin/losses.h"
#include "keratin/metrics.h"
#include "keratin/optimizers.h"

namespace keratin::functional {

/// The arguments of compile(), in Keras's order. One loss stands for all outputs; lists have an entry for each.
struct CompileOptions {
  Optimizer optimizer = "rmsprop";
  std::variant<std::monostate, Named, std::vector<Named>, std::map<std::string, Named>> loss{};
  std::vector<double> loss_weights{};
  std::vector<Named> metrics{}, weighted_metrics{};
};

using AnyCallback = std::variant<callbacks::EarlyStopping, callbacks::ModelCheckpoint, callbacks::ReduceLROnPlateau, callbacks::LearningRateScheduler, callbacks::CSVLogger,
                                 callbacks::TensorBoard, callbacks::TerminateOnNaN, callbacks::LambdaCallback, std::shared_ptr<Callback>>;

/// Arrays for the inputs or outputs of a model: one, a list in their order, or by name.
class Data {
 public:
  Data() = default;
  Data(NDArray array) : arrays_{std::move(array)} {}
  Data(std::initializer_list<NDArray> arrays) : arrays_(arrays) {}
  Data(std::vector<NDArray> arrays) : arrays_(std::move(arrays)) {}
  Data(const std::map<std::string, NDArray>& by_name);
  const std::vector<NDArray>& arrays() const { return arrays_; }
  const std::vector<std::string>& names() const { return names_; }  // empty: by order
  bool empty() const { return arrays_.empty(); }

 private:
  std::vector<NDArray> arrays_;
  std::vector<std::string> names_;
};

/// The arguments of fit(), in Keras's order.
struct FitOptions {
  int64_t batch_size = 0;  // 0: 32, or the model's own
  int64_t epochs = 1;
  int verbose = 1;         // 0: silent, 1: a progress bar, 2: a line for each epoch
  std::vector<AnyCallback> callbacks{};
  double validation_split = 0;
  struct Validation {
    Data x{}, y{}, sample_weight{};
  };
  std::optional<Validation> validation_data{};
  bool shuffle = true;
  std::map<int64_t, double> class_weight{};
  Data sample_weight{};
  int64_t initial_epoch = 0;
  int64_t validation_batch_size = 0;
  int64_t validation_freq = 1;
};

struct EvaluateOptions {
  int64_t batch_size = 0;
  int verbose = 0;
  Data sample_weight{};
};

struct PredictOptions {
  int64_t batch_size = 32;
};

struct SummaryOptions {
  int line_length = 80;
  bool expand_nested = false;
};

/// The options of emit(): those of `keratin compile`.
struct EmitModelOptions {
  std::string name{};  // of the files and the namespace; the model's
  bool gradients = false, train = false;
};

struct ModelOptions {
  std::string name{};
  std::optional<bool> trainable{};  // of all layers, as set_trainable
};

class Model : public Layer {
 public:
  Model() = default;
  /// The graph between two ends. ValueError where an output does not come from the inputs, or two layers have one name.
  Model(const Inputs& inputs, const Inputs& outputs, const ModelOptions& options = {});
  /// A handle of a layer that is a model; ValueError for any other.
  explicit Model(const Layer& layer);

  std::vector<Layer> layers() const;
  Layer get_layer(const std::string& name) const;
  Layer get_layer(int index) const;
  std::vector<Tensor> inputs() const;
  std::vector<Tensor> outputs() const;
  Tensor input() const;
  Tensor output() const;
  TensorShape input_shape() const;
  TensorShape output_shape() const;
  std::vector<std::string> input_names() const;
  std::vector<std::string> output_names() const;

  /// Prints Keras's table; summary_text gives it.
  void summary(const SummaryOptions& options = {}) const;
  std::string summary_text(const SummaryOptions& options = {}) const;
  std::string to_json() const;
  /// C++ source with a function of that name (default: `build_<model>`) that builds the model anew with this API; weights are not in it. ValueError names the layer
  /// that cannot be said.
  std::string to_code(const std::string& function = {}) const;
  /// Draws the model with Graphviz, with names and shapes, as .svg or .png; a .dot is what Graphviz takes.
  void plot_model(const std::string& to_file) const;

  /// A .keras, .h5 or .weights.h5 file that Keras opens; complete or not at all. OSError.
  void save(const std::string& path) const;
  void save_weights(const std::string& path) const;
  /// From a .weights.h5, .h5, .keras or .npz; ValueError names what is missing or of another shape.
  void load_weights(const std::string& path) const;

  void compile(const CompileOptions& options = {}) const;
  bool compiled() const;
  /// What compile() was given, as Keras writes it; null before.
  Json get_compile_config() const;
  History fit(const Data& x, const Data& y, const FitOptions& options = {}) const;
  /// Loss and metrics by name.
  Logs evaluate(const Data& x, const Data& y, const EvaluateOptions& options = {}) const;
  NDArray predict(const Data& x, const PredictOptions& options = {}) const;
  /// Of a model with several outputs.
  std::vector<NDArray> predict_all(const Data& x, const PredictOptions& options = {}) const;
  Logs train_on_batch(const Data& x, const Data& y, const Data& sample_weight = {}) const;
  Logs test_on_batch(const Data& x, const Data& y, const Data& sample_weight = {}) const;
  NDArray predict_on_batch(const Data& x) const { return predict(x, {.batch_size = 0}); }
  /// How often the optimizer has stepped.
  int64_t optimizer_iterations() const;
  /// Gradients of sum(output * cotangent) plus regularization losses, in inference mode, by the names of inputs and the paths of weights; one cotangent
  /// for each output, in their order.
  std::map<std::string, NDArray> gradients(const Data& x, const Data& cotangents) const;

  /// Writes the bundle of `keratin compile` into a directory.
  void emit(const std::string& directory, const EmitModelOptions& options = {}) const;

 protected:
  using Layer::Layer;
  explicit Model(std::shared_ptr<LayerState> state) : Layer(std::move(state)) {}
  friend Model load_model(const std::string&);
  friend Model model_from_json(const std::string&);
};

/// A path of layers, each called on the one before (keras.Sequential). Without an Input it is built by build() or by its first call, on tensors or data.
class Sequential : public Model {
 public:
  explicit Sequential(const std::vector<Layer>& layers = {}, const ModelOptions& options = {});
  /// Begins with an input of that shape.
  Sequential(const Tensor& input, const std::vector<Layer>& layers, const ModelOptions& options = {});
  void add(const Layer& layer) const;
  /// Gives it an input of that shape, batch included, unless it has one.
  void build(const TensorShape& input_shape) const;
};

/// Any file that `keratin` reads, with weights, compile configuration and the optimizer's state. OSError, ValueError.
Model load_model(const std::string& path);
Model model_from_json(const std::string& json);

/// What runs models: `compiled` (emitted code, the default) or `reference` (the evaluator: slow, and needs no compiler).
enum class Engine : uint8_t { compiled, reference };
void set_engine(Engine engine);

}  // namespace keratin::functional
