#include "daemon/web/web_client.h"

#include <atomic>
#include <string>

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include "tests/support/captured_log.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_clock.h"
#include "tests/support/web_source.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

v1::WebOrder CloseOf(const std::string& session) {
  v1::WebOrder order;
  order.mutable_close()->set_session(session);
  return order;
}
v1::WebReport EndOf(const std::string& session) {
  v1::WebReport report;
  report.mutable_ended()->set_session(session);
  return report;
}

class WebClientTest : public testing::Test {
 protected:
  WebClientTest() { Begin(""); }

  void Begin(const std::string& token) {
    client_ = std::make_unique<WebClient>(
        WebClientOptions{.token = Secret(token)},
        WebClientDeps{
            .channel = grpc::CreateChannel(source_.address(), grpc::InsecureChannelCredentials()),
            .clock = clock_,
            .logger = logger_,
            .wake = [this] { ++wakes_; },
            .hello =
                [this] {
                  v1::WebHello hello;
                  hello.set_max_sessions(7);
                  if (!running_.empty()) hello.add_sessions()->set_session(running_);
                  return hello;
                }});
  }
  /// Steps until an order arrives; its session, or "none" after a long wait.
  std::string Arrived() {
    std::string session = "none";
    (void)Eventually([&] {
      client_->Step();
      const std::optional<v1::WebOrder> order = client_->Take();
      if (order) session = order->close().session();
      return order.has_value();
    });
    return session;
  }
  bool StepUntilLogged(const std::string& text) {
    return Eventually([&] {
      client_->Step();
      return log_.Text().find(text) != std::string::npos;
    });
  }
  /// What was reported: "hello" with its session, or the session that ended.
  std::vector<std::string> Reported(std::size_t count) {
    (void)Eventually([&] { return source_.reports().size() >= count; });
    std::vector<std::string> texts;
    for (const v1::WebReport& report : source_.reports()) {
      std::string hello = "hello ";
      for (const v1::WebSession& each : report.hello().sessions()) hello += each.session();
      texts.push_back(report.has_hello() ? hello : report.ended().session());
    }
    return texts;
  }

  FakeClock clock_;
  const CapturedLog log_;
  Logger logger_{LogFormat::kText, LogLevel::kInfo, log_.file()};
  std::atomic<int> wakes_{0};
  std::string running_;
  WebSource source_;
  std::unique_ptr<WebClient> client_;
};

TEST_F(WebClientTest, SaysHelloAndTakesOrdersInTheirOrder) {
  for (const char* const session : {"a", "b", "c"}) source_.Order(CloseOf(session));
  EXPECT_EQ(Arrived(), "a");
  EXPECT_EQ(Arrived(), "b");
  EXPECT_EQ(Arrived(), "c");
  EXPECT_TRUE(client_->is_serving());
  EXPECT_THAT(Reported(1), ElementsAre("hello "));
  EXPECT_EQ(source_.reports()[0].hello().max_sessions(), 7U);
  EXPECT_GE(wakes_, 3);
}

TEST_F(WebClientTest, ReportsInTheOrderOfTheCalls) {
  client_->Report(EndOf("early"));  // there is no call yet
  client_->Step();
  for (const char* const session : {"a", "b", "c"}) client_->Report(EndOf(session));
  EXPECT_THAT(Reported(4), ElementsAre("hello ", "a", "b", "c"));
}

TEST_F(WebClientTest, BeginsEachCallWithTheSessionsThatRun) {
  source_.Order(CloseOf("a"));
  EXPECT_EQ(Arrived(), "a");
  EXPECT_THAT(Reported(1), ElementsAre("hello "));
  running_ = "s";
  source_.EndCalls();
  EXPECT_TRUE(StepUntilLogged("web_not_served reason="));
  EXPECT_FALSE(client_->is_serving());
  client_->Report(EndOf("lost"));
  client_->Step();
  EXPECT_EQ(source_.calls(), 1) << "not before the pause is over";
  clock_.Advance(200ms);
  source_.Order(CloseOf("b"));
  EXPECT_EQ(Arrived(), "b");
  EXPECT_THAT(Reported(2), ElementsAre("hello ", "hello s"));
}

TEST_F(WebClientTest, CallsAnewWhenTheServerIsSilent) {
  source_.Order(CloseOf("a"));
  EXPECT_EQ(Arrived(), "a");
  clock_.Advance(45s);
  EXPECT_TRUE(StepUntilLogged("web_not_served reason=cancelled"));
}

TEST_F(WebClientTest, CallsAnewWhenAnOrderCannotBeRead) {
  source_.Order(CloseOf("\xff"));  // not UTF-8
  EXPECT_TRUE(StepUntilLogged("web_not_served reason="));
}

TEST_F(WebClientTest, LogsOnceWhyItIsRefusedAndTriesAgain) {
  source_.Refuse({grpc::StatusCode::FAILED_PRECONDITION, "web.max_sessions: 0"});
  EXPECT_TRUE(StepUntilLogged("web_not_served reason=failed_precondition"));
  for (int calls = 2; calls <= 4; ++calls) {
    EXPECT_TRUE(Eventually([&] {
      clock_.Advance(100ms);
      client_->Step();
      return source_.calls() >= calls;
    }));
  }
  const std::string log = log_.Text();
  EXPECT_EQ(log.find("web_not_served"), log.rfind("web_not_served"));
}

TEST_F(WebClientTest, SendsTheToken) {
  Begin("word");
  source_.Order(CloseOf("a"));
  EXPECT_EQ(Arrived(), "a");
  EXPECT_EQ(source_.authorization(), "Bearer word");
  EXPECT_THAT(log_.Text(), testing::Not(HasSubstr("word")));
}

}  // namespace
}  // namespace rtcroom
