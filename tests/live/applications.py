#!/usr/bin/env python3
"""Every model of keras.applications through the tool, compared with Keras itself.

    applications.py --keratin build/keratin [--half small|large|all] [--filter REGEX] [--engine compiled|reference]

Needs keras 3 and tensorflow. Each model gets seeded weights, biases, statistics and scales (initial ones would hide mistakes behind zeros and
ones), a linear head, one seeded image, and is saved, compiled, built, run, compared and deleted before the next. The error is the
project's own: max|a - b| / max(1, max|b|), limit 1e-5. Where that is exceeded the same model is evaluated by Keras in float64: a float32 result
passes if it is no farther from that than twice what Keras's own float32 result is. Exit status 1 if any model fails.
"""
import argparse
import gc
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

LIMIT = 1e-5
# Builder: the side of the image. The large ones run on images of the least size that reaches every layer, which takes nothing from the graph.
SMALL = {
    "MobileNet": 224, "MobileNetV2": 224, "MobileNetV3Small": 224, "MobileNetV3Large": 224, "NASNetMobile": 224, "DenseNet121": 224,
    "DenseNet169": 96, "DenseNet201": 96, "EfficientNetB0": 224, "EfficientNetB1": 240, "EfficientNetB2": 96, "EfficientNetB3": 96,
    "EfficientNetV2B0": 224, "EfficientNetV2B1": 96, "EfficientNetV2B2": 96, "EfficientNetV2B3": 96, "Xception": 299, "InceptionV3": 299,
    "ResNet50": 224, "ResNet50V2": 224,
}
LARGE = {
    "ConvNeXtTiny": 224, "ConvNeXtSmall": 64, "EfficientNetB4": 96, "EfficientNetV2S": 96, "ResNet101": 96, "ResNet101V2": 96,
    "EfficientNetB5": 64, "InceptionResNetV2": 128, "ResNet152": 64, "ResNet152V2": 64, "EfficientNetB6": 64, "EfficientNetV2M": 64,
    "EfficientNetB7": 64, "NASNetLarge": 96, "VGG16": 32, "VGG19": 32, "ConvNeXtBase": 64, "EfficientNetV2L": 64, "ConvNeXtLarge": 64,
    "ConvNeXtXLarge": 64,
}


def randomize(model, random):
    """Seeded values in the place of those that initializers set to zeros and ones; kernels keep theirs."""
    import numpy as np
    for variable in model.variables:
        name, shape = variable.path.split("/")[-1], tuple(variable.shape)
        if name in ("beta", "bias", "moving_mean", "mean"):
            value = random.normal(0, 0.1, shape)
        elif name in ("moving_variance", "variance"):
            value = random.uniform(0.7, 1.3, shape)
        elif name == "gamma":
            value = random.uniform(0.7, 1.3, shape)
        elif name == "variable" or name == "layer_scale":  # LayerScale, which names nothing; Keras begins with 1e-6
            value = random.uniform(0.1, 0.3, shape)
        else:
            continue
        variable.assign(value.astype(np.float32))


def finalize(model):
    """Normalization computes with what it took from its variables when it was built."""
    import keras
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()


def error(actual, expected):
    import numpy as np
    return float(np.max(np.abs(actual.astype("float64") - expected)) / max(1.0, np.max(np.abs(expected))))


def in_float64(name, side, model, image):
    """The outputs of the same model and weights, computed by Keras in float64."""
    import keras
    import numpy as np
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    try:
        exact = getattr(keras.applications, name)(weights=None, input_shape=(side, side, 3), classifier_activation=None)
        exact.set_weights([np.asarray(w) for w in model.get_weights()])
        finalize(exact)
        return np.asarray(exact(image.astype("float64"), training=False), dtype="float64")
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")


def tool(arguments, cache):
    """Runs the tool; its seconds. Raises with the last line of its errors."""
    begin = time.time()
    done = subprocess.run(arguments, capture_output=True, text=True, env=dict(os.environ, KERATIN_CACHE_DIR=cache))
    if done.returncode != 0:
        raise RuntimeError("status %d: %s" % (done.returncode, (done.stderr.strip().splitlines() or ["no message"])[0][:300]))
    return time.time() - begin


def check(name, side, options, where):
    """One model: its row of the table."""
    import keras
    import numpy as np
    keras.utils.set_random_seed(7)
    random = np.random.default_rng(7)
    model = getattr(keras.applications, name)(weights=None, input_shape=(side, side, 3), classifier_activation=None)
    randomize(model, random)
    finalize(model)
    image = random.uniform(0, 255 if any(isinstance(layer, keras.layers.Normalization) for layer in model.layers) else 1, (1, side, side, 3)).astype("float32")
    expected = np.asarray(model(image, training=False), dtype="float64")
    path = os.path.join(where, name + ".keras")
    model.save(path)
    np.savez(os.path.join(where, "in.npz"), **{model.inputs[0].name: image})
    parameters = model.count_params()
    compile_s = tool([options.keratin, "compile", path, "-o", os.path.join(where, "bundle")], where)
    total = tool([options.keratin, "predict", path, "--inputs", os.path.join(where, "in.npz"), "--outputs", os.path.join(where, "out.npz"),
                  "--engine", options.engine], os.path.join(where, "cache"))
    with np.load(os.path.join(where, "out.npz")) as results:
        actual = results[results.files[0]]
    if actual.shape != expected.shape:
        raise RuntimeError("shape %s instead of %s" % (actual.shape, expected.shape))
    off, passed, note = error(actual, expected), True, ""
    if not off <= LIMIT:
        exact = in_float64(name, side, model, image)
        ours, theirs = error(actual, exact), error(expected, exact)
        passed = ours <= 2 * theirs
        note = "  to float64: %.1e, Keras %.1e" % (ours, theirs)
    print("%-4s %-20s %4d %13s %9.1f %8.1f  %.1e of %.2g%s" % ("ok" if passed else "FAIL", name, side, format(parameters, ","), compile_s, total - compile_s, off,
                                                        np.max(np.abs(expected)), note), flush=True)
    return passed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keratin", required=True, help="the command-line tool")
    parser.add_argument("--half", choices=["small", "large", "all"], default="all")
    parser.add_argument("--filter", default="", help="regular expression on the builder's name")
    parser.add_argument("--engine", choices=["compiled", "reference"], default="compiled")
    options = parser.parse_args()
    options.keratin = os.path.abspath(options.keratin)
    import keras
    import tensorflow
    tensorflow.get_logger().setLevel("ERROR")
    missing = [name for name in {**SMALL, **LARGE} if not hasattr(keras.applications, name)]
    if missing:
        parser.error("this keras has no " + ", ".join(missing))
    chosen = {**(SMALL if options.half != "large" else {}), **(LARGE if options.half != "small" else {})}
    chosen = {name: side for name, side in chosen.items() if re.search(options.filter, name)}
    print("%-4s %-20s %4s %13s %9s %8s  %s" % ("", "name", "side", "params", "compile_s", "build_s", "error"), flush=True)
    failed = []
    for name, side in chosen.items():
        where = tempfile.mkdtemp(prefix="keratin_applications_")
        try:
            good = check(name, side, options, where)
        except Exception as problem:
            print("FAIL %-20s %s" % (name, problem), flush=True)
            good = False
        finally:
            shutil.rmtree(where, ignore_errors=True)
            keras.backend.clear_session()
            gc.collect()
        if not good:
            failed.append(name)
    print("%d of %d passed%s" % (len(chosen) - len(failed), len(chosen), ", failed: " + ", ".join(failed) if failed else ""))
    sys.exit(1 if failed or not chosen else 0)


if __name__ == "__main__":
    main()
