// libFuzzer entry point: searches for requests with a faulty reply.
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/request_property.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return rtcroom::StopOnFault(rtcroom::FaultOfRequests, data, size);
}
