// Adapter between libFuzzer and a property.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

namespace rtcroom {

/// Aborts the program, which libFuzzer records as a finding, when the property has a fault for
/// these bytes.
inline int StopOnFault(std::optional<std::string> (*fault_of)(std::string_view),
                       const std::uint8_t* data, std::size_t size) {
  if (const auto fault = fault_of({reinterpret_cast<const char*>(data), size})) {
    std::cerr << *fault << '\n';
    std::abort();
  }
  return 0;
}

}  // namespace rtcroom
