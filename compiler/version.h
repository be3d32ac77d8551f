#pragma once

namespace keratin {

constexpr const char* kVersion = "0.1.0";

}  // namespace keratin
