// libFuzzer's way in: looks for PROXY headers that are read wrongly.
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/parser_properties.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return rtcroom::StopOnFault(rtcroom::FaultOfProxyReading, data, size);
}
