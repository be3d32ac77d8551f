// Every core header, compiled without standard headers, exceptions and run-time type information.
#include "keratin/runtime/config.h"
#include "keratin/runtime/dense.h"
#include "keratin/runtime/dot.h"
#include "keratin/runtime/math.h"
#include "keratin/runtime/panels.h"
#include "keratin/runtime/pool.h"
#include "keratin/runtime/tile.h"
#include "keratin/runtime/vector.h"
