// The Keras functional API in C++: Input, layers, Model, compile, fit, save. Names, defaults, shapes and errors are those of Keras 3.
#pragma once

#include "keratin/array.h"
#include "keratin/callbacks.h"
#include "keratin/custom.h"
#include "keratin/error.h"
#include "keratin/layer.h"
#include "keratin/layers.h"
#include "keratin/losses.h"
#include "keratin/metrics.h"
#include "keratin/model.h"
#include "keratin/ops.h"
#include "keratin/optimizers.h"
#include "keratin/tensor.h"

namespace keratin {
using namespace functional;
}
