#!/usr/bin/env python3
"""Records optimizer_orders.json and optimizer_orders.keras: what every optimizer of Keras keeps for one model, in its order, and where a file has it.

    record_optimizer_orders.py            (wants keras 3 and h5py; writes beside itself)

Each variable gets its number as its value before the model is saved, so that a place in the file tells which variable stands there.
"""
import io
import json
import os
import pathlib
import tempfile
import zipfile

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import h5py
import keras
import numpy as np

HERE = pathlib.Path(__file__).parent
O = keras.optimizers


def make_model():
    x = keras.Input((4,), name="x")
    y = keras.layers.Reshape((2, 2, 1), name="square")(x)
    y = keras.layers.Conv2D(2, 2, name="conv")(y)
    y = keras.layers.Flatten(name="flat")(y)
    y = keras.layers.Dense(3, name="token_embedding")(y)
    y = keras.layers.BatchNormalization(name="norm")(y)
    y = keras.layers.Dense(2, name="frozen", trainable=False)(y)
    inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(5, name="wide")], name="inner")
    return keras.Model(x, keras.layers.Dense(1, name="last")(inner(y)), name="small")


OPTIMIZERS = {
    "adadelta": lambda: O.Adadelta(),
    "adafactor": lambda: O.Adafactor(),
    "adagrad": lambda: O.Adagrad(),
    "adam": lambda: O.Adam(),
    "adam_amsgrad": lambda: O.Adam(amsgrad=True),
    "adam_average_accumulation": lambda: O.Adam(use_ema=True, gradient_accumulation_steps=2),
    "adam_schedule": lambda: O.Adam(O.schedules.ExponentialDecay(0.1, 3, 0.5)),
    "adamax": lambda: O.Adamax(),
    "adamw": lambda: O.AdamW(),
    "adafactor_average": lambda: O.Adafactor(use_ema=True),
    "ftrl": lambda: O.Ftrl(),
    "lamb": lambda: O.Lamb(),
    "lion": lambda: O.Lion(),
    "loss_scale": lambda: O.LossScaleOptimizer(O.RMSprop(momentum=0.5)),
    "loss_scale_adafactor": lambda: O.LossScaleOptimizer(O.Adafactor()),
    "loss_scale_nadam": lambda: O.LossScaleOptimizer(O.Nadam()),
    "multi_nadam": lambda: O.MultiOptimizer(O.OptimizerMap(O.Adafactor(), {"last/.*": O.Nadam()})),
    "multi": lambda: O.MultiOptimizer(O.OptimizerMap(O.Adam(), {"conv/.*": O.SGD(momentum=0.9), "last/kernel": O.Adam(0.5), "nothing": O.Nadam()})),
    "muon": lambda: O.Muon(),
    "nadam": lambda: O.Nadam(),
    "rmsprop": lambda: O.RMSprop(),
    "rmsprop_all": lambda: O.RMSprop(momentum=0.5, centered=True),
    "schedule_free": lambda: O.ScheduleFreeAdamW(),
    "sgd": lambda: O.SGD(),
    "sgd_momentum": lambda: O.SGD(momentum=0.9),
}


def record(optimizer):
    keras.utils.clear_session()
    model = make_model()
    model.compile(optimizer, "mse")
    model.optimizer.build(model.trainable_variables)
    for number, variable in enumerate(model.optimizer.variables):
        variable.assign(np.full(variable.shape, number, variable.dtype))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m.keras")
        model.save(path)
        archive = zipfile.ZipFile(path)
    places = {}

    def add(name, thing):
        if isinstance(thing, h5py.Dataset):
            places["optimizer/" + name] = int(np.ravel(thing[()])[0])

    h5py.File(io.BytesIO(archive.read("model.weights.h5")))["optimizer"].visititems(add)
    config = json.loads(archive.read("config.json"))["compile_config"]["optimizer"]
    variables = [{"path": v.path, "shape": list(v.shape), "dtype": str(v.dtype)} for v in model.optimizer.variables]
    return {"optimizer": config, "variables": variables, "places": places}


def main():
    make_model().save(HERE / "optimizer_orders.keras")
    orders = {name: record(make()) for name, make in OPTIMIZERS.items()}
    lines = [f"{json.dumps(name)}: {json.dumps(order)}" for name, order in orders.items()]
    (HERE / "optimizer_orders.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
