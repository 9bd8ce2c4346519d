#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "handlers/shared/request_recorder.h"
#include "tests/support/captured_log.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class RequestLog : public testing::Test {
 protected:
  /// The log output for a request at the log level `level`.
  std::string Logged(LogLevel level, const RequestLabel& label, int status,
                     std::chrono::nanoseconds duration) {
    logger_.SetLevel(level);
    LogRequest(logger_, "id-7", label, status, duration);
    return Log();
  }
  [[nodiscard]] std::string Log() const { return log_.Text(); }

  CapturedLog log_;
  Logger logger_{LogFormat::kText, LogLevel::kDebug, log_.file()};
};

const RequestLabel kJoined{
    .endpoint = "add_pusher", .kind = RoomKind::kLive, .dialect = Dialect::kGen1};

TEST_F(RequestLog, NamesRequestKindEndpointCodeAndDuration) {
  const std::string line = Logged(LogLevel::kDebug, kJoined, 200, 1500us);
  for (const char* part : {"id-7", "live", "add_pusher", "code=0", "duration_ms=1.5"}) {
    EXPECT_THAT(line, HasSubstr(part));
  }
}

TEST_F(RequestLog, OmitsOrdinaryRequestsAtInfo) {
  EXPECT_EQ(Logged(LogLevel::kInfo, kJoined, 200, 1s), "");
}

TEST_F(RequestLog, WarnsOfSlowRequests) {
  EXPECT_THAT(Logged(LogLevel::kWarn, kJoined, 200, 1001ms), HasSubstr("add_pusher"));
}

TEST_F(RequestLog, LogsAnnotatedRequestsAtInfoAndNeverAsSlow) {
  LogRequest(logger_, "id-8", kJoined, 200, 1h, LogLevel::kInfo);
  EXPECT_THAT(Log(), HasSubstr("info request request_id=id-8"));
  LogRequest(logger_, "id-9", kJoined, 503, 1h, LogLevel::kInfo);
  EXPECT_THAT(Log(), HasSubstr("warn request request_id=id-9"));
}

TEST_F(RequestLog, KeepsRefusalsOfClientsAtDebug) {
  RequestLabel full = kJoined;
  full.code = 5001;
  full.failure = Errc::kRoomFull;
  EXPECT_EQ(Logged(LogLevel::kInfo, full, 200, 1ms), "");
  EXPECT_THAT(Logged(LogLevel::kDebug, full, 200, 1ms), HasSubstr("room_full"));
}

TEST_F(RequestLog, WarnsOfServerFailuresWithTheirReason) {
  RequestLabel failed = kJoined;
  failed.code = 6;
  failed.failure = Errc::kUnavailable;
  failed.failure_detail = "the other side is gone";
  EXPECT_THAT(Logged(LogLevel::kWarn, failed, 200, 1ms), HasSubstr("the other side is gone"));
}

TEST_F(RequestLog, WarnsOfEachHttpStatusFrom500On) {
  EXPECT_THAT(Logged(LogLevel::kWarn, kJoined, 500, 1ms), HasSubstr("add_pusher"));
}

}  // namespace
}  // namespace rtcroom
