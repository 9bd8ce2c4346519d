#include "daemon/base/periodic_task.h"

#include <atomic>
#include <chrono>
#include <new>
#include <stop_token>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/captured_log.h"
#include "tests/support/eventually.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

TEST(PeriodicTask, ContinuesAfterAnException) {
  CapturedLog log;
  Logger logger(LogFormat::kText, LogLevel::kDebug, log.file());
  std::atomic<int> calls{0};
  const PeriodicTask task(
      1ms,
      [&](const std::stop_token&) {
        switch (++calls) {
          case 1:
            throw std::bad_alloc();
          case 2:
            throw 1;
          default:
            return;
        }
      },
      logger);
  EXPECT_TRUE(Eventually([&] { return calls >= 3; }));
  EXPECT_THAT(log.Text(), testing::HasSubstr("error task_fault type=St9bad_alloc"));
  EXPECT_THAT(log.Text(), testing::HasSubstr("error task_fault type=\"not a std::exception\""));
}

}  // namespace
}  // namespace rtcroom
