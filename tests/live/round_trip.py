#!/usr/bin/env python3
"""Model files that keratin wrote, opened by Keras itself.

    round_trip.py --keratin build/keratin [--filter REGEX]

Needs keras 3 and h5py. Models of every kind of weight layout and with every optimizer are trained for two steps and saved; the tool puts other
weights and another state of the optimizer into copies of every container (`weights --set -o`) and moves models between containers
(`weights -o`). Keras loads each: weights, the optimizer's variables, predictions and compile configuration must be those that were set.
Exit status 1 if anything differs.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

import legacy_h5

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

L = O = K = None  # layers, optimizers, keras: loaded when arguments are right


def dense_model():
    x = K.Input((6,), name="x")
    y = L.Dense(5, activation="relu", name="wide")(x)
    y = L.BatchNormalization(name="norm")(y)
    y = L.Dropout(0.1, name="drop")(y)
    y = L.Dense(4, name="frozen", trainable=False)(y)
    inner = K.Sequential([K.Input((4,)), L.Dense(3, activation="tanh", name="a"), L.Dense(3, name="b")], name="inner")
    return K.Model(x, L.Dense(1, name="last")(inner(y)), name="small")


def sequential():
    return K.Sequential([K.Input((6,)), L.Normalization(name="scale"), L.Dense(4, name="one"), L.PReLU(name="p"), L.Dense(1, name="two")], name="line")


def convolutions():
    x = K.Input((6,))
    y = L.Reshape((2, 3, 1))(x)
    y = L.SeparableConv2D(4, 2, padding="same", name="separable")(y)
    y = L.Conv2DTranspose(3, 2, name="up")(L.DepthwiseConv2D(2, padding="same", name="depth")(y))
    y = L.GroupNormalization(3, name="group")(y)
    return K.Model(x, L.Dense(1)(L.GlobalAveragePooling2D()(y)))


def recurrent():
    x = K.Input((6,))
    y = L.Reshape((3, 2))(x)
    y = L.Bidirectional(L.LSTM(3, return_sequences=True), name="both")(y)
    y = L.RNN(L.StackedRNNCells([L.GRUCell(3), L.SimpleRNNCell(2)]), return_sequences=True, name="stack")(y)
    y = L.TimeDistributed(L.Dense(2), name="each")(y)
    return K.Model(x, L.Dense(1)(L.GRU(2)(y)))


def attention():
    x = K.Input((6,))
    y = L.Embedding(10, 4, name="table")(L.Reshape((6,))(x))
    y = L.MultiHeadAttention(2, 2, name="heads")(y, y)
    y = L.LayerNormalization(name="ln")(y + 1.0)
    y = L.EinsumDense("abc,cd->abd", (6, 3), bias_axes="d", name="einsum")(y)
    return K.Model(x, L.Dense(1)(L.Flatten()(y)))


def shared():
    # Not shared between a model and one inside it: Keras loads that as two layers.
    x = K.Input((6,))
    dense = L.Dense(6, name="again")
    inner_x = K.Input((6,))
    inside = L.Dense(6, name="inside")
    inner = K.Model(inner_x, inside(inside(inner_x)), name="holder")
    return K.Model(x, L.Dense(1)(inner(dense(inner(dense(x))))))


def half():
    with_policy = K.dtype_policies.DTypePolicy("mixed_float16")
    x = K.Input((6,))
    return K.Model(x, L.Dense(1, dtype="float32")(L.Dense(4, dtype=with_policy, name="mixed")(x)))


MODELS = [dense_model, sequential, convolutions, recurrent, attention, shared, half]


def optimizers():
    decay = O.schedules.ExponentialDecay(0.1, 3, 0.5)
    return {
        "adadelta": O.Adadelta(), "adafactor": O.Adafactor(), "adagrad": O.Adagrad(), "adam": O.Adam(), "adam_amsgrad": O.Adam(amsgrad=True),
        "adam_average": O.Adam(use_ema=True, gradient_accumulation_steps=2), "adam_schedule": O.Adam(decay), "adamw": O.AdamW(),
        "adamax": O.Adamax(), "ftrl": O.Ftrl(), "lamb": O.Lamb(), "lion": O.Lion(),
        "loss_scale": O.LossScaleOptimizer(O.Adam()),
        "multi": O.MultiOptimizer(O.OptimizerMap(O.Adam(), {"wide/.*": O.SGD(momentum=0.9), "last/kernel": O.Adam(0.5)})),
        "muon": O.Muon(), "nadam": O.Nadam(), "rmsprop": O.RMSprop(momentum=0.5, centered=True), "schedule_free": O.ScheduleFreeAdamW(),
        "sgd": O.SGD(), "sgd_momentum": O.SGD(momentum=0.9, nesterov=True),
    }


class Run:
    def __init__(self, keratin, folder):
        self.keratin, self.folder, self.problems, self.checked = keratin, pathlib.Path(folder), [], 0

    def tool(self, *arguments):
        done = subprocess.run([self.keratin, "weights", *map(str, arguments)], capture_output=True, text=True)
        if done.returncode:
            self.problems.append(done.stderr.strip() or f"status {done.returncode}")
        return done.returncode == 0

    def compare(self, label, loaded, wanted):
        """`wanted`: weights, variables of the optimizer, predictions; None: not looked at."""
        import numpy as np
        weights, state, inputs, outputs = wanted
        got = [np.asarray(w) for w in loaded.weights]
        if len(got) != len(weights) or not all(np.array_equal(a, b) for a, b in zip(got, weights)):
            self.problems.append(f"{label}: weights differ")
        if state is not None:
            got = [np.asarray(v) for v in loaded.optimizer.variables]
            if len(got) != len(state) or not all(np.array_equal(a, b) for a, b in zip(got, state)):
                self.problems.append(f"{label}: the optimizer's variables differ ({len(got)}, {len(state)} wanted)")
        if outputs is not None and not np.array_equal(loaded.predict(inputs, verbose=0), outputs):
            self.problems.append(f"{label}: predictions differ")
        self.checked += 1


def load(path, label, run, compiled=True):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            model = K.models.load_model(path, compile=compiled)
            if compiled and path.suffix == ".h5":
                legacy_h5.load_optimizer(model, path)
        except Exception as error:  # whatever Keras finds is the result
            run.problems.append(f"{label}: Keras cannot load it: {str(error)[:300]}")
            return None
    skipped = [str(w.message) for w in seen if "kipping" in str(w.message)]
    run.problems += [f"{label}: {message}" for message in skipped]
    return model


def put_into(model, weights, state):
    for variable, value in zip(model.weights, weights):
        variable.assign(value)
    if state is not None:
        for variable, value in zip(model.optimizer.variables, state):
            variable.assign(value)


def check_model(run, label, model, rng, has_optimizer):
    """Saves the model with random values, lets the tool write it in every way, compares what Keras loads."""
    import numpy as np
    folder = run.folder
    for old in folder.iterdir():
        old.unlink()
    inputs = rng.integers(0, 9, (3, 6)).astype("float32")
    model.save(folder / "plain.keras")  # the values that are to be replaced
    value = lambda v: np.asarray(rng.uniform(0.1, 1, tuple(v.shape)) * (100 if "int" in str(v.dtype) else 1)).astype(np.asarray(v).dtype)
    weights = [value(w) for w in model.weights]
    state = [value(v) for v in model.optimizer.variables] if has_optimizer else None
    put_into(model, weights, state)
    model.save(folder / "wanted.keras")
    reference = load(folder / "wanted.keras", f"{label}: Keras's own file", run)
    if reference is None:
        return
    wanted = (weights, state, inputs, reference.predict(inputs, verbose=0))
    run.compare(f"{label}: Keras's own file", reference, wanted)
    if not run.tool(folder / "wanted.keras", "--outputs", folder / "w.npz"):
        return
    # other weights and state into a copy, then the same into every container
    if run.tool(folder / "plain.keras", "--set", folder / "w.npz", "-o", folder / "set.keras"):
        loaded = load(folder / "set.keras", f"{label}: --set .keras", run)
        if loaded is not None:
            run.compare(f"{label}: --set .keras", loaded, wanted)
            if json.dumps(loaded.get_config(), default=str) != json.dumps(reference.get_config(), default=str):
                run.problems.append(f"{label}: another configuration")
    if run.tool(folder / "plain.keras", "--set", folder / "w.npz", "-o", folder / "set.weights.h5"):
        model.load_weights(folder / "plain.keras")
        model.load_weights(folder / "set.weights.h5")
        run.compare(f"{label}: .weights.h5", model, wanted)
    if "lamb" in label:
        return  # which Keras does not know by the name that it writes into .h5 files
    if run.tool(folder / "plain.keras", "--set", folder / "w.npz", "-o", folder / "set.h5"):
        loaded = load(folder / "set.h5", f"{label}: .h5", run, compiled=has_optimizer)
        if loaded is not None:
            run.compare(f"{label}: .h5", loaded, wanted)
        if run.tool(folder / "set.h5", "-o", folder / "back.keras"):
            loaded = load(folder / "back.keras", f"{label}: .h5 -> .keras", run)
            if loaded is not None:
                run.compare(f"{label}: .h5 -> .keras", loaded, wanted)
        if run.tool(folder / "set.h5", "-o", folder / "copy.h5"):
            loaded = load(folder / "copy.h5", f"{label}: .h5 -> .h5", run, compiled=has_optimizer)
            if loaded is not None:
                run.compare(f"{label}: .h5 -> .h5", loaded, wanted)
    if not has_optimizer:
        (folder / "m.json").write_text(model.to_json())
        if run.tool(folder / "m.json", "--set", folder / "w.npz", "-o", folder / "json.keras"):
            loaded = load(folder / "json.keras", f"{label}: .json -> .keras", run)
            if loaded is not None:
                run.compare(f"{label}: .json -> .keras", loaded, wanted)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keratin", required=True)
    parser.add_argument("--filter", default="")
    arguments = parser.parse_args()
    global K, L, O
    import keras
    import numpy as np
    K, L, O = keras, keras.layers, keras.optimizers
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        run = Run(os.path.abspath(arguments.keratin), folder)

        def one(label, make, has_optimizer):
            if not re.search(arguments.filter, label):
                return
            before = len(run.problems), run.checked
            check_model(run, label, make(), rng, has_optimizer)
            found = run.problems[before[0]:]
            print(f"{'FAILED' if found else 'ok':7} {label}: {run.checked - before[1]} files", flush=True)
            for problem in found:
                print(f"        {problem}", flush=True)

        for make in MODELS:
            one(f"model {make.__name__}", make, False)
        for name, optimizer in optimizers().items():
            def compiled():
                model = dense_model()
                # objects, not names: Keras cannot load the names that it writes into .h5 files
                model.compile(optimizer, K.losses.MeanSquaredError(), metrics=[K.metrics.MeanAbsoluteError()])
                optimizer.build(model.trainable_variables)
                return model
            one(f"optimizer {name}", compiled, True)
    print(f"{run.checked} files loaded, {len(run.problems)} problems")
    return 1 if run.problems else 0


if __name__ == "__main__":
    sys.exit(main())
