// Options of fit that are small languages of their own, and places that are looked at before training.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "compiler/problems.h"
#include "keratin/training/early_stopping.h"

namespace keratin {

/// `monitor=val_loss,patience=3`: arguments of Keras's EarlyStopping. Problems name the option, the key and what is allowed.
kr::EarlyStoppingOptions early_stopping_options(const std::string& text, Problems& problems);

/// `0=1,1=2.5`, or `{"0": 1, "1": 2.5}`: class and weight.
std::vector<std::pair<int64_t, double>> class_weight_option(const std::string& text, Problems& problems);

/// Problems name a file that could not be written: its directory must be there. An empty path is none.
void check_file_place(const std::string& path, Problems& problems);
/// The same of a file (`file`) or directory whose directories are made when it is written. What follows `{` in a path is not known yet.
void check_made_place(const std::string& path, bool file, Problems& problems);

}  // namespace keratin
