#!/usr/bin/env python3
"""Models that C++ has built, trained and saved, opened by Keras.

    api_models.py --program build/tests/live_api_models

Needs keras 3. Runs the program, which writes each model as .keras and .h5 with its data, predictions and evaluation. Keras loads both files, whose
predictions must be the same; of the .keras also loss and metrics, the optimizer must stand at the same step, and a further epoch of training must run
(Keras 3 cannot go on training from legacy files of its own). Prints the worst difference of each, relative to the largest prediction. Exit status 1 if
one is above the limit.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

LIMIT = 1e-5


def arrays(recorded, kind):
    made = [recorded[name] for name in sorted(recorded) if name.startswith(kind + "/")]
    return made[0] if len(made) == 1 else made


def check(keras, np, file, recorded):
    """The worst difference, and what is wrong."""
    x, y, expected = (arrays(recorded, key) for key in ("x", "y", "predictions"))
    whole = file.suffix == ".keras"
    model = keras.models.load_model(file, compile=whole)
    predicted = model.predict(x, verbose=0)
    pairs = zip(predicted, expected) if isinstance(expected, list) else [(predicted, expected)]
    worst = max(float(np.max(np.abs(a - b)) / max(1e-30, np.max(np.abs(b)))) for a, b in pairs)
    wrong = []
    if whole:
        logs = model.evaluate(x, y, verbose=0, return_dict=True)
        for key, value in ((name[5:], float(array[0])) for name, array in recorded.items() if name.startswith("logs/")):
            if key not in logs:
                wrong.append(f"no {key}")
            elif abs(logs[key] - value) > LIMIT * max(1.0, abs(value)):
                wrong.append(f"{key} {logs[key]} for {value}")
        if int(model.optimizer.iterations) != int(recorded["steps"][0]):
            wrong.append(f"step {int(model.optimizer.iterations)} for {int(recorded['steps'][0])}")
        model.fit(x, y, epochs=1, batch_size=8, verbose=0)
    return worst, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    arguments = parser.parse_args()
    import keras
    import numpy as np
    print(f"keras {keras.__version__}, {keras.backend.backend()}")
    failed = False
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([str(pathlib.Path(arguments.program).resolve()), directory], check=True)
        for description in sorted(pathlib.Path(directory).glob("*.npz")):
            recorded = dict(np.load(description))
            for suffix in (".keras", ".h5"):
                worst, wrong = check(keras, np, description.with_suffix(suffix), recorded)
                bad = worst > LIMIT or wrong
                failed = failed or bool(bad)
                print(f"{'FAIL' if bad else 'ok  '} {description.stem + suffix:20} predictions differ by {worst:.2g}{'; ' if wrong else ''}{'; '.join(wrong)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
