// libFuzzer entry point: searches for replies of media servers that are read beyond their bounds.
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/parser_properties.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return rtcroom::StopOnFault(rtcroom::FaultOfMediaReplies, data, size);
}
