// libFuzzer entry point: searches for callbacks that forge the state of another client's stream.
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/parser_properties.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return rtcroom::StopOnFault(rtcroom::FaultOfCallbacks, data, size);
}
