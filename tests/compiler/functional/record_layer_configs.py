#!/usr/bin/env python3
"""Records layer_configs.json: what Keras serialises for a layer of each class that has its required arguments and a name only.

    record_layer_configs.py            (wants keras 3.15.1; writes beside itself)
"""
import json
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
from keras.src.applications.convnext import LayerScale, StochasticDepth

HERE = pathlib.Path(__file__).parent
LAYERS_DEF = HERE.parents[2] / "compiler" / "layers" / "layers.def"
# No layers of Keras 3, or none that a program makes by a class.
NOT_MADE = {
        "CustomScaleLayer", "InputLayer", "LocallyConnected1D", "LocallyConnected2D", "TFOpLambda", "TensorFlowOpLayer", "ThresholdedReLU"}
ELSEWHERE = {"LayerScale": LayerScale, "StochasticDepth": StochasticDepth}


def required_arguments():
    layers = keras.layers
    arguments = {name: {"filters": 4, "kernel_size": 3} for rank in "123" for name in (f"Conv{rank}D", f"Conv{rank}DTranspose")}
    arguments |= {f"SeparableConv{rank}D": {"filters": 4, "kernel_size": 3} for rank in "12"}
    arguments |= {f"DepthwiseConv{rank}D": {"kernel_size": 3} for rank in "12"}
    arguments |= {f"{kind}Pooling{rank}D": {"pool_size": 2} for rank in "123" for kind in ("Average", "Max")}
    arguments |= {name: {"units": 4} for name in ("Dense", "GRU", "GRUCell", "LSTM", "LSTMCell", "SimpleRNN", "SimpleRNNCell")}
    arguments |= {name: {"rate": 0.5} for name in ("AlphaDropout", "Dropout", "GaussianDropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")}
    arguments |= {name: {"height": 4, "width": 5} for name in ("CenterCrop", "RandomCrop", "Resizing")}
    arguments |= {name: {"factor": 0.2} for name in (
            "RandomBrightness", "RandomColorDegeneration", "RandomContrast", "RandomHue", "RandomRotation", "RandomSaturation",
            "RandomSharpness")}
    return arguments | {
            "Activation": {"activation": "relu"},
            "Bidirectional": {"layer": layers.LSTM(4, name="inner")},
            "Dot": {"axes": 1},
            "EinsumDense": {"equation": "ab,bc->ac", "output_shape": 4},
            "Embedding": {"input_dim": 5, "output_dim": 4},
            "GaussianNoise": {"stddev": 0.5},
            "LayerScale": {"init_values": 0.5, "projection_dim": 4},
            "MultiHeadAttention": {"num_heads": 2, "key_dim": 4},
            "Permute": {"dims": (2, 1)},
            "RNN": {"cell": layers.LSTMCell(4, name="inner")},
            "RandomPosterization": {"factor": 4},
            "RandomTranslation": {"height_factor": 0.2, "width_factor": 0.3},
            "RandomZoom": {"height_factor": 0.2},
            "RepeatVector": {"n": 3},
            "Rescaling": {"scale": 0.5},
            "Reshape": {"target_shape": (2, 3)},
            "SpectralNormalization": {"layer": layers.Dense(4, name="inner")},
            "StackedRNNCells": {"cells": [layers.LSTMCell(4, name="inner"), layers.GRUCell(3, name="outer")]},
            "StochasticDepth": {"drop_path_rate": 0.5},
            "TimeDistributed": {"layer": layers.Dense(4, name="inner")},
    }


def main():
    lines = [line for line in LAYERS_DEF.read_text().splitlines() if line.startswith("KERATIN_LAYER(")]
    names = [line.removeprefix("KERATIN_LAYER(").split(")")[0].split(",")[0] for line in lines]
    required = required_arguments()
    configs = {}
    for name in names:
        if name in NOT_MADE:
            continue
        layer = (ELSEWHERE.get(name) or getattr(keras.layers, name))(name="made", **required.get(name, {}))
        configs[name] = keras.saving.serialize_keras_object(layer)
    text = ",\n".join(f"{json.dumps(name)}: {json.dumps(config)}" for name, config in configs.items())
    (HERE / "layer_configs.json").write_text("{\n" + text + "\n}\n")


if __name__ == "__main__":
    main()
