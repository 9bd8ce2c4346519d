#include "daemon/admin/backup_endpoint.h"

#include <atomic>
#include <latch>
#include <memory>
#include <new>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/log_scope.h"
#include "tests/support/captured_log.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/admin/admin_request.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;

class BackupEndpointTest : public testing::Test {
 protected:
  /// Requests a backup; the reply arrives later.
  std::shared_ptr<RecordedReply> Ask(BackupEndpoint& endpoint) {
    auto pending = std::make_shared<RecordedReply>();
    AdminResponder responder = ResponderTo(pending, clock_, logger_);
    endpoint.Route().handler(HttpRequest{}, responder);
    return pending;
  }
  static HttpReply Await(const std::shared_ptr<RecordedReply>& pending) {
    EXPECT_TRUE(Eventually([&] { return pending->reply().has_value(); }));
    return pending->reply().value_or(HttpReply{});
  }

  FakeClock clock_;
  CapturedLog log_;
  Logger logger_{LogFormat::kText, LogLevel::kDebug, log_.file()};
};

TEST_F(BackupEndpointTest, ReturnsTheNameOfTheCopy) {
  BackupEndpoint endpoint([](const std::stop_token&) { return std::string("the copy"); }, logger_);
  for (int round = 0; round < 10; ++round) {
    const HttpReply reply = Await(Ask(endpoint));
    EXPECT_EQ(reply.status, 200);
    EXPECT_THAT(reply.body, HasSubstr(R"("file":"the copy")"));
    EXPECT_EQ(*CopyNamedIn(reply.status, reply.body), "the copy");
  }
}

TEST_F(BackupEndpointTest, RequiresAdminAccess) {
  BackupEndpoint endpoint([](const std::stop_token&) { return std::string(); }, logger_);
  const AdminRoute route = endpoint.Route();
  EXPECT_EQ(route.guard, AdminRoute::Guard::kAccess);
  EXPECT_EQ(route.method, "POST");
  EXPECT_EQ(route.path, "/backup");
}

TEST_F(BackupEndpointTest, MakesOneCopyAtATime) {
  std::latch go_on(1);
  BackupEndpoint endpoint(
      [&](const std::stop_token&) {
        go_on.wait();
        return std::string("the copy");
      },
      logger_);
  const auto first = Ask(endpoint);
  const HttpReply second = Await(Ask(endpoint));
  EXPECT_EQ(second.status, 503);
  EXPECT_THAT(second.body, HasSubstr("a backup is being made"));
  EXPECT_FALSE(first->reply().has_value());
  go_on.count_down();
  EXPECT_EQ(Await(first).status, 200);
  EXPECT_EQ(Await(Ask(endpoint)).status, 200);
}

TEST_F(BackupEndpointTest, ReportsTheReasonOfAFailure) {
  BackupEndpoint endpoint(
      [](const std::stop_token&) -> Result<std::string> {
        return Error{Errc::kUnavailable, "no space for a copy"};
      },
      logger_);
  const HttpReply reply = Await(Ask(endpoint));
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(CopyNamedIn(reply.status, reply.body).error().detail, "no space for a copy");
  EXPECT_THAT(log_.Text(), HasSubstr("backup_failed"));
}

TEST_F(BackupEndpointTest, SurvivesACopyThatThrows) {
  std::atomic<bool> throws = true;
  BackupEndpoint endpoint(
      [&](const std::stop_token&) -> Result<std::string> {
        if (throws) throw std::bad_alloc();
        return std::string("the copy");
      },
      logger_);
  std::weak_ptr<RecordedReply> failed = Ask(endpoint);
  // When released without a reply, it is answered as an internal error.
  EXPECT_TRUE(Eventually([&] { return failed.expired(); }));
  EXPECT_THAT(log_.Text(), HasSubstr("backup_fault"));
  throws = false;
  EXPECT_EQ(Await(Ask(endpoint)).status, 200);
}

TEST_F(BackupEndpointTest, LogsTheRequestId) {
  BackupEndpoint endpoint([](const std::stop_token&) { return std::string("the copy"); }, logger_);
  {
    const LogScope scope("req-1");
    EXPECT_EQ(Await(Ask(endpoint)).status, 200);
  }
  EXPECT_THAT(log_.Text(), HasSubstr("backup_created request_id=req-1"));
}

TEST_F(BackupEndpointTest, TreatsAReplyWithoutANameAsAnError) {
  for (const char* body : {"", "[]", "{}", R"({"file":1})", R"({"file":""})", "<html>"}) {
    EXPECT_EQ(CopyNamedIn(200, body).error().detail, "HTTP status 200") << body;
  }
  EXPECT_FALSE(CopyNamedIn(500, R"({"file":"the copy"})").ok());
}

TEST_F(BackupEndpointTest, CancelsTheCopyAndAnswersOnStop) {
  BackupEndpoint endpoint(
      [](const std::stop_token& stop) -> Result<std::string> {
        EXPECT_TRUE(Eventually([&] { return stop.stop_requested(); }));
        return Error{Errc::kUnavailable, "called off"};
      },
      logger_);
  const auto pending = Ask(endpoint);
  endpoint.Stop();
  ASSERT_TRUE(pending->reply().has_value());
  EXPECT_EQ(pending->reply()->status, 503);
  EXPECT_EQ(Await(Ask(endpoint)).status, 503);  // and accepts no further requests
}

}  // namespace
}  // namespace rtcroom
