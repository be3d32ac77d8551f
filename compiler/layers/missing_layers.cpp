#include "compiler/layers/missing_layers.h"

namespace keratin {

namespace {

constexpr std::string_view kAbstract = "a base class: models hold the classes made from it";
constexpr std::string_view kAttention = "not written yet: its scores are not those of MultiHeadAttention";
constexpr std::string_view kForeign = "holds a program of another framework";
constexpr std::string_view kHashing = "needs the hash function of its lookup table";
constexpr std::string_view kImages = "an augmentation of images that also works in inference; its histogram or look-up rule is not written yet";
constexpr std::string_view kRecurrent = "convolutions inside a recurrent loop are not written yet";
constexpr std::string_view kSpectrum = "needs a Fourier transform";
constexpr std::string_view kText = "works on texts, which emitted code has no type for";
constexpr std::string_view kWindows = "needs pooling windows of different sizes";

constexpr MissingLayer kMissing[] = {
    {"AdaptiveAveragePooling1D", kWindows},
    {"AdaptiveAveragePooling2D", kWindows},
    {"AdaptiveAveragePooling3D", kWindows},
    {"AdaptiveMaxPooling1D", kWindows},
    {"AdaptiveMaxPooling2D", kWindows},
    {"AdaptiveMaxPooling3D", kWindows},
    {"AdditiveAttention", kAttention},
    {"Attention", kAttention},
    {"AutoContrast", kImages},
    {"CategoryEncoding", "not written yet: one-hot and count vectors of ids"},
    {"ContrastLimitedAdaptiveHistogramEqualization", kImages},
    {"ConvLSTM1D", kRecurrent},
    {"ConvLSTM2D", kRecurrent},
    {"ConvLSTM3D", kRecurrent},
    {"Discretization", "not written yet: the bin of a number"},
    {"Equalization", kImages},
    {"FlaxLayer", kForeign},
    {"GroupQueryAttention", kAttention},
    {"HashedCrossing", kHashing},
    {"Hashing", kHashing},
    {"InputSpec", "no layer: describes what a layer takes"},
    {"IntegerLookup", "not written yet: the place of an id in a vocabulary"},
    {"JaxLayer", kForeign},
    {"Lambda", "holds Python bytecode; operations of keras.ops in a functional model do the same"},
    {"Layer", kAbstract},
    {"MaxNumBoundingBoxes", "pads lists of boxes while data is loaded; no part of a network"},
    {"MelSpectrogram", kSpectrum},
    {"Pipeline", "not written yet: a list of preprocessing layers"},
    {"ReversibleEmbedding", "not written yet: a table that is read both ways"},
    {"STFTSpectrogram", kSpectrum},
    {"Solarization", kImages},
    {"StringLookup", kText},
    {"TFSMLayer", kForeign},
    {"TernaryDense", "newer than Keras 3.15: no released file holds it"},
    {"TextVectorization", kText},
    {"TorchModuleWrapper", kForeign},
    {"Wrapper", kAbstract},
};

}  // namespace

std::span<const MissingLayer> missing_layers() { return kMissing; }

}  // namespace keratin
