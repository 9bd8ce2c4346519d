// libFuzzer entry point: searches for frames of WebSockets that are read incorrectly.
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/parser_properties.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return rtcroom::StopOnFault(rtcroom::FaultOfWebSocket, data, size);
}
