#include "daemon/grpc/server_call.h"

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

using WebCall = ServerCall<v1::WebReport, v1::WebOrder>;
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

class ServerCallTest : public testing::Test {
 protected:
  ServerCallTest() { Begin(""); }

  void Begin(const std::string& token) {
    client_ = std::make_unique<WebCall>(
        ServerCallOptions{.method = "/rtcroom.v1.RoomAdmin/ServeWeb",
                          .event = "web_served",
                          .lost_event = "web_not_served",
                          .token = Secret(token)},
        WebCall::Deps{
            .channel = grpc::CreateChannel(source_.address(), grpc::InsecureChannelCredentials()),
            .clock = clock_,
            .logger = logger_,
            .wake = [this] { ++wakes_; },
            .hello =
                [this] {
                  v1::WebReport report;
                  report.mutable_hello()->set_max_sessions(7);
                  if (!running_.empty()) {
                    report.mutable_hello()->add_sessions()->set_session(running_);
                  }
                  return report;
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
  std::unique_ptr<WebCall> client_;
};

TEST_F(ServerCallTest, SaysHelloAndTakesWhatArrivesInItsOrder) {
  for (const char* const session : {"a", "b", "c"}) source_.Order(CloseOf(session));
  EXPECT_EQ(Arrived(), "a");
  EXPECT_EQ(Arrived(), "b");
  EXPECT_EQ(Arrived(), "c");
  EXPECT_TRUE(client_->is_served());
  EXPECT_THAT(Reported(1), ElementsAre("hello "));
  EXPECT_EQ(source_.reports()[0].hello().max_sessions(), 7U);
  EXPECT_GE(wakes_, 3);
}

TEST_F(ServerCallTest, SendsInTheOrderOfTheCalls) {
  client_->Send(EndOf("early"));  // there is no call yet
  client_->Step();
  for (const char* const session : {"a", "b", "c"}) client_->Send(EndOf(session));
  EXPECT_THAT(Reported(4), ElementsAre("hello ", "a", "b", "c"));
}

TEST_F(ServerCallTest, BeginsEachCallWithAHello) {
  source_.Order(CloseOf("a"));
  EXPECT_EQ(Arrived(), "a");
  EXPECT_THAT(Reported(1), ElementsAre("hello "));
  running_ = "s";
  const int wakes = wakes_;
  source_.EndCalls();
  EXPECT_TRUE(Eventually([&] { return wakes_ > wakes; })) << "for the end, too";
  EXPECT_TRUE(StepUntilLogged("web_not_served reason="));
  EXPECT_FALSE(client_->is_served());
  client_->Send(EndOf("lost"));
  client_->Step();
  EXPECT_EQ(source_.calls(), 1) << "not before the pause is over";
  clock_.Advance(500ms);
  source_.Order(CloseOf("b"));
  EXPECT_EQ(Arrived(), "b");
  EXPECT_THAT(Reported(2), ElementsAre("hello ", "hello s"));
}

TEST_F(ServerCallTest, CallsAnewWhenTheServerIsSilent) {
  for (int i = 0; i < 3; ++i) {
    source_.Order(CloseOf("a"));
    EXPECT_EQ(Arrived(), "a");
    EXPECT_EQ(client_->Step(), clock_.Monotonic() + 45s);
    clock_.Advance(44s);
    client_->Step();
  }
  EXPECT_EQ(source_.calls(), 1) << "it was heard in time";
  clock_.Advance(1s);
  EXPECT_TRUE(StepUntilLogged("web_not_served reason=cancelled"));
}

TEST_F(ServerCallTest, CallsAnewWhenAnOrderCannotBeRead) {
  source_.Order(CloseOf("\xff"));  // not UTF-8
  EXPECT_TRUE(StepUntilLogged("web_not_served reason="));
}

TEST_F(ServerCallTest, CallsAgainAfterATimeThatGrows) {
  source_.Refuse({grpc::StatusCode::FAILED_PRECONDITION, "web.max_sessions: 0"});
  int calls = 0;
  for (const auto wait : {500ms, 1000ms, 2000ms, 4000ms, 8000ms, 10'000ms, 10'000ms}) {
    client_->Step();
    ++calls;
    EXPECT_TRUE(Eventually([&] { return client_->Step() == clock_.Monotonic() + wait; }));
    clock_.Advance(wait - 1ms);
    client_->Step();
    EXPECT_EQ(source_.calls(), calls);
    clock_.Advance(1ms);
  }
  const std::string log = log_.Text();
  EXPECT_THAT(log, HasSubstr("web_not_served reason=failed_precondition"));
  EXPECT_EQ(log.find("web_not_served"), log.rfind("web_not_served")) << "logged once";
}

TEST_F(ServerCallTest, SendsTheToken) {
  Begin("word");
  source_.Order(CloseOf("a"));
  EXPECT_EQ(Arrived(), "a");
  EXPECT_EQ(source_.authorization(), "Bearer word");
  EXPECT_THAT(log_.Text(), testing::Not(HasSubstr("word")));
}

}  // namespace
}  // namespace rtcroom
