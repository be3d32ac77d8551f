// Small model files of every container, made without Keras, for tests.
#pragma once

#include <string>

#include "compiler/data/file_bytes.h"
#include "compiler/data/zip.h"
#include "tests/compiler/import/hdf5_writer.h"

namespace keratin {

inline const std::string kConfig3 =
    R"({"module": "keras", "class_name": "Sequential", "config": {"name": "m", "layers": []}, "compile_config": {"optimizer": "adam"}})";
inline const std::string kConfig2 = R"({"class_name": "Sequential", "config": {"name": "m", "layers": []}})";

/// model.weights.h5 of two Dense layers, of which the second is wider.
inline Bytes object_weights() {
  Hdf5Writer writer;
  for (const char* group : {"layers", "layers/dense", "layers/dense/vars", "layers/dense_1", "layers/dense_1/vars", "vars"})
    writer.group(group);
  writer.dataset("layers/dense/vars/0", Array::of<float>({2, 1}, {1, 2}));
  writer.dataset("layers/dense/vars/1", Array::of<float>({1}, {3}));
  writer.dataset("layers/dense_1/vars/0", Array::of<float>({1, 2}, {4, 5}));
  writer.text_attribute("layers/dense/vars", "name", "first");
  return writer.image();
}

inline void write_archive(const std::string& path, const Bytes& weights, const std::string& config = kConfig3) {
  ZipWriter zip;
  zip.add("metadata.json", R"({"keras_version": "3.15.1", "date_saved": "2026-01-01@00:00:00"})");
  zip.add("config.json", config);
  zip.add("model.weights.h5", weights.text());
  REQUIRE(zip.save(path).ok());
}

/// The weights of a legacy file in `group`, "" or "model_weights": a layer `a/b` with two weights, one without, one more with a split list.
inline void add_layer_lists(Hdf5Writer& writer, const std::string& group) {
  const std::string prefix = group.empty() ? "" : group + "/";
  for (const char* name : {"a", "a/b", "a/b/b", "empty", "z", "top_level_model_weights"}) writer.group(prefix + name);
  writer.dataset(prefix + "a/b/b/kernel:0", Array::of<float>({1, 2}, {1, 2}));
  writer.dataset(prefix + "a/b/b/bias:0", Array::of<float>({2}, {3, 4}));
  writer.dataset(prefix + "z/gamma", Array::of<float>({1}, {5}));
  writer.dataset(prefix + "z/beta", Array::of<float>({1}, {6}));
  writer.list_attribute(group, "layer_names", {"z", "empty", "a/b"});
  writer.list_attribute(prefix + "a/b", "weight_names", {"b/kernel:0", "b/bias:0"});
  writer.empty_float_attribute(prefix + "empty", "weight_names");
  writer.fixed_text_attribute(prefix + "z", "weight_names0", {"gamma"}, 5);
  writer.fixed_text_attribute(prefix + "z", "weight_names1", {"beta"}, 4);
  writer.empty_float_attribute(prefix + "top_level_model_weights", "weight_names");
  writer.text_attribute(group, "keras_version", "2.2.4-tf");
  writer.text_attribute(group, "backend", "tensorflow");
}

/// A whole legacy model.
inline Bytes legacy_model(const std::string& config = kConfig2) {
  Hdf5Writer writer;
  writer.group("model_weights");
  add_layer_lists(writer, "model_weights");
  writer.text_attribute("", "model_config", config);
  writer.text_attribute("", "training_config", R"({"loss": "mse"})");
  writer.text_attribute("", "keras_version", "2.2.4-tf");
  writer.text_attribute("", "backend", "tensorflow");
  writer.group("optimizer_weights");
  writer.group("optimizer_weights/Adam");
  writer.dataset("optimizer_weights/Adam/iter:0", Array::of<int64_t>({}, {7}));
  writer.list_attribute("optimizer_weights", "weight_names", {"Adam/iter:0"});
  return writer.image();
}

}  // namespace keratin
