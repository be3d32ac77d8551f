// The models that `keratin code` wrote for the tests.
#pragma once

#include <keratin/model.h>
#include <vector>

struct ApiCase {
  const char* name;  // of the recorded case
  keratin::functional::Model (*make)();
};

/// Generated, with the sources of the models.
const std::vector<ApiCase>& api_cases();
