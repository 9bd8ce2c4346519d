// The libFuzzer entry point of every fuzzer, which searches for bytes that violate the property
// RTCROOM_PROPERTY.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "tests/fuzz/parser_properties.h"

/// Aborts the program, which libFuzzer records as a finding, when the property has a fault.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (const auto fault = rtcroom::RTCROOM_PROPERTY({reinterpret_cast<const char*>(data), size})) {
    std::cerr << *fault << '\n';
    std::abort();
  }
  return 0;
}
