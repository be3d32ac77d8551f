// The command line as plain data. Only parse.cpp knows how it is read.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/training/training_overrides.h"

namespace keratin {

struct Options {
  std::string command;
  std::string model;
  std::optional<std::string> weights;
  std::optional<uint64_t> initialize;                   // --initialize SEED
  std::string inputs, outputs;                          // predict, gradients, weights
  std::string engine = "compiled";                      // compiled | reference
  int64_t batch_size = 0;  // 0: the model's own where it has one, else 32
  std::string directory;                                // compile -o
  std::string output_file;                              // plot -o, weights -o
  std::string set_file;                                 // weights --set
  std::string case_file;                                // check MODEL CASE.npz
  std::string name, name_space;                         // compile --name, --namespace
  std::optional<int64_t> batch;                         // compile --batch N; unset: any
  std::map<std::string, std::vector<int64_t>> shapes;   // --shape INPUT=224,224,3
  std::vector<std::string> targets;                     // --target LIST
  std::string weights_as = "embed";                     // embed | array | file
  std::vector<std::string> extra_outputs;               // --output LAYER
  bool selftest = false, no_selftest = false;           // neither: where it is quick to record
  std::string gradients_of;                             // inputs | weights | all; empty: all
  std::string stop_after;                               // expand | optimize | plan
  bool no_fuse = false, no_reuse = false, no_recompute = false, relaxed = false, self_contained = false, verify = false, gradients = false, train = false;
  TrainingOverrides training;
  // fit, evaluate
  std::string target_column;                            // --target of data that is a .csv
  std::string data, validation, save, history, tensorboard, checkpoint, csv_log, early_stopping, class_weight;
  int64_t epochs = 1, initial_epoch = 0, validation_batch_size = 0, validation_freq = 1;
  double validation_split = 0;
  bool shuffle = true;
  uint64_t seed = 0;
  std::optional<int> fit_verbose;                       // 0 | 1 | 2; unset: 1 on a terminal, else 2
  bool verbose = false, quiet = false, json = false, expand_nested = false, ir = false, plan = false, markdown = false;
  int threads = 1;                                      // bench
  double seconds = 0.5;                                 // bench: how long is measured
  int jobs = 2;
  std::string cases, filter, only_layers, known_failures;  // check
  std::string kind = "forward,reject";
};

/// Reads the command line; prints help, version or a usage error itself and then returns the exit status in `status`.
std::optional<Options> parse_command_line(int argc, char** argv, int& status);

}  // namespace keratin
