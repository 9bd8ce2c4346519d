// libFuzzer entry point: searches for requests that the channel's socket does not withstand.
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/parser_properties.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return rtcroom::StopOnFault(rtcroom::FaultOfSocketRequests, data, size);
}
