#!/usr/bin/env python3
"""A training that goes through Keras, keratin and Keras again, against one that Keras does alone.

    continued_training.py --keratin build/keratin [--filter REGEX] [--engine compiled|reference]

Needs keras 3. For every optimizer and container Keras trains one epoch of an odd number of steps and saves; `keratin fit` continues with the second
epoch (--initial-epoch, no shuffling) and saves; Keras loads that file, whose weights and optimizer variables must be those of its own second epoch,
evaluates it as its own, and trains a third epoch, after which all is compared again. `keratin evaluate` must say what Keras says. Prints the worst
difference of each, relative to the largest element of the array; `Keras!` where Keras fails at its own file. Exit status 1 if a difference is above
the limit.
"""
import argparse
import inspect
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap

import legacy_h5

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

L = O = K = np = None  # layers, optimizers, keras, numpy: loaded when arguments are right

BATCH, STEPS = 8, 3
LIMIT = 1e-5        # float32
LIMIT_HALF = 2e-2   # mixed_float16: a few units of its last place, which training carries on


def model(policy):
    dtype = K.dtype_policies.DTypePolicy(policy)
    x = K.Input((6,), name="x")
    y = L.Dense(12, activation="tanh", name="wide", dtype=dtype)(x)
    y = L.Conv1D(3, 2, activation="tanh", name="steps", dtype=dtype)(L.Reshape((4, 3), name="rows", dtype=dtype)(y))
    y = L.BatchNormalization(name="norm", dtype=dtype)(y)
    y = L.Dense(4, name="frozen", trainable=False, dtype=dtype)(L.Flatten(name="flat", dtype=dtype)(y))
    return K.Model(x, L.Dense(2, name="last", dtype="float32")(y), name="small")


def optimizers():
    decay = lambda rate: O.schedules.ExponentialDecay(rate, 2, 0.7)
    return {
        "adadelta": lambda: O.Adadelta(0.5),
        "adafactor": lambda: O.Adafactor(0.02),
        "adafactor momentum": lambda: O.Adafactor(0.02, beta_2_decay=-0.7, clip_threshold=0.5, relative_step=False),
        "adagrad": lambda: O.Adagrad(0.05),
        "adam": lambda: O.Adam(0.01),
        "adam amsgrad": lambda: O.Adam(0.01, amsgrad=True),
        "adam schedule": lambda: O.Adam(decay(0.02)),
        "adam clipped": lambda: O.Adam(0.01, global_clipnorm=0.1, weight_decay=0.01),
        "adam average": lambda: O.Adam(0.01, use_ema=True, ema_momentum=0.8),
        "adam average, overwritten": lambda: O.Adam(0.01, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=4),
        "adam accumulating": lambda: O.Adam(0.01, gradient_accumulation_steps=4),
        "adam accumulating, average, schedule": lambda: O.Adam(decay(0.02), gradient_accumulation_steps=2, use_ema=True, ema_overwrite_frequency=2),
        "adamw": lambda: O.AdamW(0.01, weight_decay=0.1),
        "adamax": lambda: O.Adamax(0.01),
        "ftrl": lambda: O.Ftrl(0.1, l1_regularization_strength=0.01, l2_shrinkage_regularization_strength=0.01),
        "lamb": lambda: O.Lamb(0.01),
        "lion": lambda: O.Lion(0.005),
        "loss scale": lambda: O.LossScaleOptimizer(O.Adam(0.01), initial_scale=64.0, dynamic_growth_steps=4),
        "loss scale, sgd accumulating": lambda: O.LossScaleOptimizer(O.SGD(0.05, momentum=0.9, gradient_accumulation_steps=2), initial_scale=64.0, dynamic_growth_steps=2),
        "multi": lambda: O.MultiOptimizer(O.OptimizerMap(O.Adam(0.01), {"wide/.*": O.SGD(0.05, momentum=0.9), "last/kernel": O.RMSprop(0.01)})),
        "muon": lambda: O.Muon(0.01, exclude_layers=["last"]),
        "nadam": lambda: O.Nadam(0.01),
        "rmsprop": lambda: O.RMSprop(0.01),
        "rmsprop centered": lambda: O.RMSprop(0.01, momentum=0.5, centered=True),
        "schedule free": lambda: O.ScheduleFreeAdamW(0.01, warmup_steps=4),
        "sgd": lambda: O.SGD(0.05),
        "sgd momentum": lambda: O.SGD(0.05, momentum=0.9),
        "sgd nesterov, schedule": lambda: O.SGD(decay(0.1), momentum=0.9, nesterov=True, clipnorm=0.5),
        "sgd accumulating": lambda: O.SGD(0.05, momentum=0.9, gradient_accumulation_steps=4),
        "sgd average, accumulating": lambda: O.SGD(0.05, momentum=0.9, gradient_accumulation_steps=2, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2),
    }


def read_before_updates():
    """On TensorFlow ScheduleFreeAdamW's `momentum.value` is the variable itself, which changes under it; on JAX it is the value before the update,
    which is what the optimizer's formula has and what keratin computes. Makes it that value here, too."""
    module = inspect.getmodule(O.ScheduleFreeAdamW)
    source = textwrap.dedent(inspect.getsource(O.ScheduleFreeAdamW.update_step))
    changed = source.replace("momentum_old = momentum.value", "momentum_old = ops.copy(momentum)")
    assert changed != source
    made = {}
    exec(changed, module.__dict__, made)
    O.ScheduleFreeAdamW.update_step = made["update_step"]


def difference(got, wanted):
    got, wanted = np.asarray(got, dtype="float64"), np.asarray(wanted, dtype="float64")
    if got.shape != wanted.shape:
        return float("inf")
    if not got.size:
        return 0.0
    error = np.max(np.abs(got - wanted))
    return float("inf") if np.isnan(error) else float(error / max(np.max(np.abs(wanted)), 1e-12)) if error else 0.0


def worst_of(got, wanted):
    """The worst difference of two lists of variables, and the path of that variable."""
    if len(got) != len(wanted):
        return float("inf"), f"{len(got)} variables, {len(wanted)} wanted"
    return max(((difference(a, b), getattr(b, "path", "")) for a, b in zip(got, wanted)), key=lambda pair: pair[0], default=(0.0, ""))


def load(path):
    loaded = K.models.load_model(path)
    if path.suffix == ".h5":
        legacy_h5.load_optimizer(loaded, path)
    return loaded


class KerasCannot(Exception):
    """Keras fails at its own file: nothing to compare with."""


class Case:
    def __init__(self, keratin, engine, folder, data):
        self.keratin, self.engine, self.folder, self.data = keratin, engine, pathlib.Path(folder), data

    def tool(self, verb, *arguments):
        done = subprocess.run([self.keratin, verb, *map(str, arguments), "--engine", self.engine], capture_output=True, text=True)
        if done.returncode or "begins anew" in done.stderr:
            raise RuntimeError(done.stderr.strip() or f"status {done.returncode}")
        return done.stdout

    def fit(self, trained, epoch):
        trained.fit(*self.data, batch_size=BATCH, initial_epoch=epoch, epochs=epoch + 1, shuffle=False, verbose=0)

    def run(self, make, policy, ending):
        """Worst differences after keratin's epoch and after Keras's next one: weights, optimizer, loss; a path each."""
        K.utils.set_random_seed(3)
        whole = model(policy)
        # objects, not names: Keras cannot load the names that it writes into .h5 files
        whole.compile(make(), K.losses.MeanSquaredError(), metrics=[K.metrics.MeanAbsoluteError()], jit_compile=False)
        self.fit(whole, 0)
        try:
            whole.save(self.folder / f"a{ending}")
            again = load(self.folder / f"a{ending}")
        except Exception as error:
            raise KerasCannot(str(error)) from error
        own = worst_of(again.optimizer.variables, whole.optimizer.variables)
        if own[0]:
            raise KerasCannot(f"reads other values back: {own[1]}")
        self.fit(whole, 1)
        arrays = self.folder / "data.npz"
        np.savez(arrays, x=self.data[0], y=self.data[1])
        self.tool("fit", self.folder / f"a{ending}", "--data", arrays, "--batch-size", BATCH, "--shuffle", "false", "--initial-epoch", 1, "--epochs", 2, "-q",
                  "--save", self.folder / f"b{ending}")
        continued = load(self.folder / f"b{ending}")
        found = {"weights": worst_of(continued.weights, whole.weights), "slots": worst_of(continued.optimizer.variables, whole.optimizer.variables)}
        ours = json.loads(self.tool("evaluate", self.folder / f"b{ending}", "--data", arrays, "--batch-size", BATCH, "--json"))
        theirs = whole.evaluate(*self.data, batch_size=BATCH, verbose=0, return_dict=True)
        of_file = continued.evaluate(*self.data, batch_size=BATCH, verbose=0, return_dict=True)
        found["evaluate"] = max((difference(logs[key], theirs[key]), key) for logs in (ours, of_file) for key in theirs)
        self.fit(whole, 2)
        self.fit(continued, 2)
        found["next weights"] = worst_of(continued.weights, whole.weights)
        found["next slots"] = worst_of(continued.optimizer.variables, whole.optimizer.variables)
        return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keratin", required=True)
    parser.add_argument("--filter", default="")
    parser.add_argument("--engine", default="compiled")
    arguments = parser.parse_args()
    global K, L, O, np
    import keras
    import numpy
    K, L, O, np = keras, keras.layers, keras.optimizers, numpy
    if K.backend.backend() == "tensorflow":
        read_before_updates()
    rng = np.random.default_rng(1)
    x = rng.normal(size=(BATCH * STEPS, 6)).astype("float32")
    y = np.stack([np.sin(x[:, 0]) + x[:, 1], x[:, 2] * x[:, 3]], axis=1).astype("float32")
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        case = Case(os.path.abspath(arguments.keratin), arguments.engine, folder, (x, y))
        for name, make in optimizers().items():
            for policy in ("mixed_float16",) if name.startswith("loss scale") else ("float32",):
                for ending in (".keras", ".h5"):
                    label = f"{name} {policy} {ending}"
                    if not re.search(arguments.filter, label):
                        continue
                    limit = LIMIT_HALF if policy == "mixed_float16" else LIMIT
                    try:
                        found = case.run(make, policy, ending)
                    except KerasCannot as error:
                        print(f"Keras!  {label}: {str(error)[:200]}", flush=True)
                        continue
                    except Exception as error:  # whatever goes wrong is the result
                        failures += 1
                        print(f"FAILED  {label}: {str(error)[:400]}", flush=True)
                        continue
                    failed = any(error > limit for error, _ in found.values())
                    failures += failed
                    print(f"{'FAILED' if failed else 'ok':7} {label}: " + ", ".join(f"{kind} {error:.1e}" for kind, (error, _) in found.items()), flush=True)
                    for kind, (error, path) in found.items():
                        if error > limit:
                            print(f"        {kind}: {error:.2e} {path}", flush=True)
    print(f"{failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
