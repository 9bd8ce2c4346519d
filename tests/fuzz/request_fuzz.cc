// libFuzzer's way in: `request_fuzz tests/fuzz/corpus/request` looks for requests whose reply
// has a fault, or that a sanitizer objects to.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "tests/fuzz/request_property.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto fault = rtcroom::FaultOfRequests(bytes)) {
    std::cerr << *fault << '\n';
    std::abort();
  }
  return 0;
}
