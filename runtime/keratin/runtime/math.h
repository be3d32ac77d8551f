// All mathematical functions of the runtime, for Vec<T, L> and scalars.
#pragma once
#include "keratin/runtime/arithmetic.h"
#include "keratin/runtime/elementary.h"
#include "keratin/runtime/power.h"
#include "keratin/runtime/rounding.h"
#include "keratin/runtime/trigonometry.h"
