#include "daemon/grpc/grpc_poller_keep_awake.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

TEST(GrpcPollerKeepAwake, CanBeDestroyedDuringACall) {
  for (int i = 0; i < 50; ++i) {
    GrpcPollerKeepAwake keep_awake;
    keep_awake.Ping();
  }
}

TEST(GrpcPollerKeepAwake, SupportsConcurrentCalls) {
  GrpcPollerKeepAwake keep_awake;
  std::vector<std::jthread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&keep_awake] {
      for (int j = 0; j < 200; ++j) keep_awake.Ping();
    });
  }
}

}  // namespace
}  // namespace rtcroom
