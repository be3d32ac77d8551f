#include "compiler/json/json.h"
