#!/usr/bin/env python3
"""Records tests/data/units/stft.npz: kernels of keras.initializers.STFT, for every window that scipy gives without parameters.

    record_stft.py            (wants keras 3 and scipy)
"""
import json
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

WINDOWS = ["barthann", "bartlett", "blackman", "blackmanharris", "bohman", "boxcar", "cosine", "exponential", "flattop", "hamming", "hann", "lanczos",
           "nuttall", "parzen", "taylor", "triang", "tukey", "hann_periodic", "hamming_symmetric"]


def main():
    arrays = {}

    def add(name, shape, **arguments):
        initializer = keras.initializers.STFT(**arguments)
        arrays[f"{name}/config"] = np.array(json.dumps(keras.saving.serialize_keras_object(initializer)))
        arrays[f"{name}/value"] = np.asarray(initializer(shape, dtype="float32"))

    for i, window in enumerate(WINDOWS):
        for length in (10, 13):
            add(f"{window}_{length}", (length, 1, 4), window=window, side=["real", "imag"][i % 2], periodic=(i + length) % 3 == 0)
    add("no_window", (7, 1, 5), window=None)
    add("own_window", (4, 1, 3), window=np.array([1, 0.5, -2, 3], "float32"), scaling="spectrum")
    add("spectrum", (9, 1, 5), scaling="spectrum", side="imag", periodic=True)
    add("not_scaled", (9, 1, 5), scaling=None)
    add("long_frame", (512, 1, 3), side="imag")
    add("one_step", (1, 1, 3))
    np.savez_compressed(pathlib.Path(__file__).resolve().parents[2] / "data" / "units" / "stft.npz", **arrays)


if __name__ == "__main__":
    main()
