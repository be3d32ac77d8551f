// The only file that includes CLI11 (it costs seconds of compile time).
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "compiler/cli/options.h"
#include "compiler/version.h"

namespace keratin {

namespace {

/// `image=224,224,3` entries to shapes by input name.
std::string add_shape(Options& options, const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return "--shape: '" + text + "' is not INPUT=N,N,...";
  std::vector<int64_t>& shape = options.shapes[text.substr(0, equals)];
  shape.clear();
  std::string number;
  for (char c : text.substr(equals + 1) + ",") {
    if (c != ',') {
      number += c;
      continue;
    }
    if (number.empty() || number.size() > 12 || number.find_first_not_of("0123456789") != std::string::npos || number == "0")
      return "--shape: '" + text + "' has a dimension that is no positive number";
    shape.push_back(std::stoll(number));
    number.clear();
  }
  return "";
}

struct Parser {
  CLI::App app{"An ahead-of-time compiler from Keras models to standalone C++"};
  Options options;
  std::vector<std::string> shapes;
  std::string batch;

  CLI::App* plain_verb(const std::string& name, const std::string& help, const std::string& example) {
    CLI::App* sub = app.add_subcommand(name, help);
    sub->footer("Example:\n  " + example);
    return sub;
  }

  CLI::App* verb(const std::string& name, const std::string& help, const std::string& example) {
    CLI::App* sub = plain_verb(name, help, example);
    sub->add_flag("-q,--quiet", options.quiet, "Say nothing but errors");
    sub->add_flag("-v,--verbose", options.verbose, "Explain decisions");
    return sub;
  }

  void model(CLI::App* sub) {
    sub->add_option("MODEL", options.model, "A .keras, .h5 or .json file")->required();
    sub->add_option("--weights", options.weights, "Weights of a JSON architecture: .weights.h5, .h5, .weights.json or .npz");
  }

  CLI::Option* initialize(CLI::App* sub) { return sub->add_option("--initialize", options.initialize, "Begin with first values of this seed in place of the file's weights, or of none"); }

  void data(CLI::App* sub, bool tables = false) {
    model(sub);
    sub->add_option("--inputs", options.inputs, fmt::format("Arrays by input name (.npz, or .npy for one input{})", tables ? "; or a .csv" : ""))->required();
    sub->add_option("--outputs", options.outputs, "Where the results go (.npz)")->required();
    sub->add_option("--engine", options.engine, "compiled (default) or reference")->check(CLI::IsMember({"compiled", "reference"}));
    sub->add_option("--shape", shapes, "Fix open dimensions: INPUT=224,224,3");
    tuning(sub);
  }

  void training(CLI::App* sub) {
    sub->add_option("--optimizer", options.training.optimizer, "An optimizer's name or, as JSON, its class_name and config (default: the file's)");
    sub->add_option("--learning-rate", options.training.learning_rate, "Its learning rate");
    sub->add_option("--loss", options.training.loss, "A loss for all outputs, or OUTPUT=NAME,...");
    sub->add_option("--metrics", options.training.metrics, "Metrics of every output, separated by commas");
  }

  void tuning(CLI::App* sub) {
    sub->add_flag("--no-fuse", options.no_fuse, "One kernel per operation");
    sub->add_flag("--no-reuse", options.no_reuse, "Every buffer has memory of its own");
    sub->add_flag("--no-recompute", options.no_recompute, "Keep everything that backward reads again, even what is cheap to compute anew");
    sub->add_flag("--relaxed", options.relaxed, "Allow kernels with larger rounding error");
  }

  CLI::App* training_verb(const std::string& name, const std::string& help, const std::string& example) {
    CLI::App* sub = plain_verb(name, help, example);
    sub->add_flag("-q,--quiet", options.quiet, "Say nothing but errors");
    model(sub);
    sub->add_option("--data", options.data, "Arrays x/<input>, y/<output>, sample_weight/<output>, or plain x, y, sample_weight (.npz); or a .csv with --target")->required();
    sub->add_option("--target", options.target_column, "The column of a .csv that is to be predicted, of several outputs OUTPUT=COLUMN,...; the others are the input");
    sub->add_option("--batch-size", options.batch_size, "Examples per step (default: the model's own where it has one, else 32)")->check(CLI::PositiveNumber);
    sub->add_option("--engine", options.engine, "compiled (default) or reference")->check(CLI::IsMember({"compiled", "reference"}));
    training(sub);
    return sub;
  }

  void trainings() {
    CLI::App* fit = training_verb("fit", "Train through emitted code", "keratin fit digits_cnn.keras --data train.npz --epochs 5 --save trained.keras");
    initialize(fit);
    fit->add_option("--save", options.save, "Where the trained model goes: .keras, .h5, .weights.h5 or .npz");
    fit->add_option("--epochs", options.epochs, "Number of the last epoch (default 1)")->check(CLI::PositiveNumber);
    fit->add_option("--initial-epoch", options.initial_epoch, "Epochs that were trained before")->check(CLI::NonNegativeNumber);
    fit->add_option("--shuffle", options.shuffle, "true (default) or false");
    fit->add_option("--seed", options.seed, "Of the shuffling");
    fit->add_option("--validation", options.validation, "Arrays as --data; else validation/x/..., validation/y/... of --data");
    fit->add_option("--validation-split", options.validation_split, "This part of the data, from its end, is not trained on")->check(CLI::Range(0.0, 1.0));
    fit->add_option("--validation-batch-size", options.validation_batch_size, "Examples per step of validation (default: --batch-size)")->check(CLI::PositiveNumber);
    fit->add_option("--validation-freq", options.validation_freq, "Epochs between validations (default 1)")->check(CLI::PositiveNumber);
    fit->add_option("--class-weight", options.class_weight, "Weights of classes: 0=1,1=2, or as JSON");
    fit->add_option("--history", options.history, "Loss and metrics of every epoch, and the loss of every step, as JSON");
    fit->add_option("--tensorboard", options.tensorboard, "Directory of event files for TensorBoard");
    fit->add_option("--checkpoint", options.checkpoint, "Model file after every epoch; {epoch:02d} and {val_loss:.2f} in its name are filled in");
    fit->add_option("--early-stopping", options.early_stopping, "monitor=val_loss,patience=3 and more arguments of EarlyStopping");
    fit->add_option("--csv-log", options.csv_log, "Loss and metrics of every epoch as CSV");
    fit->add_option("--verbose", options.fit_verbose, "0, 1 (a bar, default on a terminal) or 2 (a line per epoch)")->check(CLI::Range(0, 2));
    CLI::App* evaluate = training_verb("evaluate", "Loss and metrics of data", "keratin evaluate digits_cnn.keras --data test.npz --json");
    evaluate->add_flag("--json", options.json, "One line of JSON");
  }

  void checks() {
    CLI::App* check = verb("check", "Compare results: with recorded values, or compiled with reference",
                           "keratin check digits_cnn.keras\n  keratin check digits_cnn.keras recorded.npz\n  keratin check --cases conformance/layers --kind forward,reject");
    CLI::Option* cases = check->add_option("--cases", options.cases, "A directory with cases.json and its files");
    CLI::Option* model = check->add_option("MODEL", options.model, "A .keras, .h5 or .json file")->excludes(cases);
    check->add_option("CASE", options.case_file, "Recorded arrays (.npz): input/<name>, output/<name>, ...; without it: compiled against reference")->needs(model);
    check->add_option("--weights", options.weights, "Weights of a JSON architecture: .weights.h5, .h5, .weights.json or .npz")->needs(model);
    check->add_option("--shape", shapes, "Fix open dimensions: INPUT=224,224,3")->needs(model);
    check->add_option("--kind", options.kind, "Kinds, separated by commas: forward, gradient, reject, training")->needs(cases);
    check->add_option("--filter", options.filter, "Only cases whose name matches this regular expression")->needs(cases);
    check->add_option("--only-layers", options.only_layers, "Only cases made of the classes that this file lists")->needs(cases);
    check->add_option("--known-failures", options.known_failures, "A list of `<kind> <case>: reason`: these must fail, and are counted apart")->needs(cases);
    check->add_option("--engine", options.engine, "compiled (default) or reference")->check(CLI::IsMember({"compiled", "reference"}));
    tuning(check);
    check->final_callback([this] {
      if (options.model.empty() && options.cases.empty()) throw CLI::ValidationError("check", "give a MODEL or --cases DIR");
      if (!options.model.empty() && options.case_file.empty() && options.engine == "reference")
        throw CLI::ValidationError("--engine", "reference is what the emitted code is compared with; give recorded values (CASE.npz) to check it alone");
    });
  }

  /// The verbs that look at a model and run nothing.
  void inspection() {
    CLI::App* layers = plain_verb("layers", "Every Keras layer: forward, gradient, or why not", "keratin layers");
    CLI::Option* json = layers->add_flag("--json", options.json, "A list of objects");
    layers->add_flag("--markdown", options.markdown, "The table of the README")->excludes(json);
    CLI::App* summary = plain_verb("summary", "Keras's table of the model's layers", "keratin summary digits_cnn.keras");
    model(summary);
    summary->add_flag("--expand-nested", options.expand_nested, "Show the layers of nested models, too");
    summary->add_flag("--json", options.json, "The same as JSON, nested models always expanded")->excludes("--expand-nested");
    CLI::App* code = plain_verb("code", "C++ source that builds the model with the functional API", "keratin code digits_cnn.keras -o digits_cnn_model.cpp");
    model(code);
    code->add_option("-o,--output-file", options.output_file, "The source file; without it: standard output");
    code->add_option("--name", options.name, "Name of the function (default: build_ and the model's)");
    CLI::App* plot = plain_verb("plot", "Draw the model as a graph (with Graphviz's program dot, except for a .dot)",
                                "keratin plot digits_cnn.keras -o digits.svg\n  keratin plot digits_cnn.keras -o memory.svg --plan");
    model(plot);
    plot->add_option("-o,--output-file", options.output_file, "What is written: .svg, .png or .dot")->required();
    CLI::Option* nested = plot->add_flag("--expand-nested", options.expand_nested, "Draw nested models as frames around their layers");
    CLI::Option* ir = plot->add_flag("--ir", options.ir, "The operations of the compiler's intermediate representation instead of layers")->excludes(nested);
    plot->add_flag("--plan", options.plan, "The memory that the emitted code works in, over time")->excludes(nested)->excludes(ir);
    plot->add_option("--shape", shapes, "Fix open dimensions (--ir and --plan): INPUT=224,224,3");
    plot->final_callback([this] {
      if (!shapes.empty() && !options.ir && !options.plan) throw CLI::ValidationError("--shape", "is for --ir and --plan; the graph of layers shows open dimensions as None");
    });
    CLI::App* weights = plain_verb("weights", "Write every weight under its path, or put weights into a model file",
                                   "keratin weights digits_cnn.keras --outputs weights.npz\n"
                                   "  keratin weights digits_cnn.keras --set weights.npz -o changed.keras\n"
                                   "  keratin weights new_head.json --initialize 7 --set base.npz -o new_head.keras");
    model(weights);
    initialize(weights)->excludes(weights->get_option("--weights"));
    CLI::Option* outputs = weights->add_option("--outputs", options.outputs, "Where the arrays go (.npz)");
    CLI::Option* file = weights->add_option("-o,--output-file", options.output_file, "A model file with these weights: .keras, .weights.h5, .h5, .hdf5 or .npz");
    weights->add_option("--set", options.set_file, "The weights that file gets, every one by its path (.npz), and the optimizer's state if it is there; without it: those of MODEL; with --initialize, those that are not named get first values")
        ->needs(file)->excludes(outputs);
    weights->final_callback([this] {
      if (options.outputs.empty() && options.output_file.empty()) throw CLI::ValidationError("weights", "give --outputs FILE or -o FILE");
    });
  }

  Parser() {
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string("keratin ") + kVersion);
    CLI::App* compile = verb("compile", "Write the model as C++", "keratin compile digits_cnn.keras -o generated");
    model(compile);
    initialize(compile);
    compile->add_option("-o,--output-directory", options.directory, "Where the files go; created")->required();
    compile->add_option("--name", options.name, "File stem and namespace (default: the model file's stem)");
    compile->add_option("--namespace", options.name_space, "Namespace, where it is not the name");
    compile->add_option("--batch", batch, "any (default), or the one number of examples that every call has");
    compile->add_option("--shape", shapes, "Fix open dimensions: INPUT=224,224,3");
    compile->add_option("--output", options.extra_outputs, "One more output: a layer by its name, or by the path through nested models");
    compile->add_option("--weights-as", options.weights_as, "embed (default), array (literals whatever their size), or file (NAME_weights.bin, for load)")->check(CLI::IsMember({"embed", "array", "file"}));
    compile->add_option("--target", options.targets, "Instruction sets, separated by commas: the body chooses among the levels of x86-64 when it runs")
        ->delimiter(',')->check(CLI::IsMember({"x86-64-v2", "x86-64-v3", "x86-64-v4", "aarch64", "generic", "native"}));
    CLI::Option* selftest = compile->add_flag("--selftest", options.selftest, "Record values for NAME_selftest.cpp however long it takes (default: where that is quick)");
    compile->add_flag("--no-selftest", options.no_selftest, "Record none")->excludes(selftest);
    compile->add_flag("--gradients", options.gradients, "Add backward: gradients of inputs and weights");
    compile->add_option("--gradients-of", options.gradients_of, "Those of backward: inputs, weights or all (default); implies --gradients")
        ->check(CLI::IsMember({"inputs", "weights", "all"}))->each([this](const std::string&) { options.gradients = true; });
    compile->add_flag("--train", options.train, "Add backward, the training step and evaluation, from the model's compile configuration or from the options that follow");
    training(compile);
    compile->add_flag("--verify", options.verify, "Hold the code against its promises before it is written (needs Clang in the process)");
    compile->add_flag("--self-contained", options.self_contained, "Copy the runtime headers that the code includes");
    compile->add_option("--stop-after", options.stop_after, "Print what this stage leaves and stop")->check(CLI::IsMember({"expand", "optimize", "plan"}));
    tuning(compile);
    CLI::App* bench = verb("bench", "Time one call of the emitted code", "keratin bench digits_cnn.keras --batch 32 --threads 2 --json");
    model(bench);
    initialize(bench);
    bench->add_option("--batch", batch, "Examples per call; the code is made for this number (default 1)");
    bench->add_flag("--train", options.train, "One training step instead, of the model's compile configuration or of the options that follow");
    training(bench);
    bench->add_option("--threads", options.threads, "Threads of the pool (default 1: no pool)")->check(CLI::Range(1, 1024));
    bench->add_option("--seconds", options.seconds, "How long is measured (default 0.5)")->check(CLI::Range(0.001, 3600.0));
    bench->add_option("--shape", shapes, "Fix open dimensions: INPUT=224,224,3");
    bench->add_flag("--json", options.json, "One line of JSON");
    tuning(bench);
    checks();
    CLI::App* predict = verb("predict", "Compile, build, run", "keratin predict digits_cnn.keras --inputs images.npz --outputs probabilities.npz");
    data(predict, true);
    initialize(predict);
    predict->add_option("--target", options.target_column, "Columns of a .csv that are no input: COLUMN, of several outputs OUTPUT=COLUMN,...");
    predict->add_option("--batch-size", options.batch_size, "Examples per call (default 32)")->check(CLI::PositiveNumber);
    data(verb("gradients", "Vector-Jacobian products of the inference-mode model", "keratin gradients digits_cnn.keras --inputs in.npz --outputs gradients.npz"));
    trainings();
    inspection();
  }
};

}  // namespace

std::optional<Options> parse_command_line(int argc, char** argv, int& status) {
  Parser parser;
  try {
    parser.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      status = parser.app.exit(error);
      return std::nullopt;
    }
    std::fprintf(stderr, "error: %s\n", error.what());
    status = 2;
    return std::nullopt;
  }
  Options& options = parser.options;
  if (!parser.batch.empty() && parser.batch != "any") {
    char* end = nullptr;
    const long long number = std::strtoll(parser.batch.c_str(), &end, 10);
    if (*end != '\0' || number < 1) {
      std::fprintf(stderr, "error: --batch: '%s' is neither any nor a positive number\n", parser.batch.c_str());
      status = 2;
      return std::nullopt;
    }
    options.batch = number;
  }
  options.command = parser.app.get_subcommands().front()->get_name();
  for (const std::string& shape : parser.shapes) {
    if (const std::string problem = add_shape(options, shape); !problem.empty()) {
      std::fprintf(stderr, "error: %s\n", problem.c_str());
      status = 2;
      return std::nullopt;
    }
  }
  return options;
}

}  // namespace keratin
