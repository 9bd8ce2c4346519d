#include "daemon/admin/admin_server.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <latch>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/deaf_observer.h"
#include "tests/unit/http/edge_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kAskReadiness = "GET /readyz HTTP/1.1\r\n\r\n";

class AdminServerTest : public EdgeTest {
 protected:
  void Start(
      std::function<std::string()> metrics = [] { return "rtcroomd_up 1\n"; },
      std::vector<RequestHandler*> callbacks = {}) {
    AddMonitorRoutes(router_, readiness_, std::move(metrics));
    admin_.emplace(HttpListenerOptions{.listen = {"127.0.0.1:0"}}, router_, std::move(callbacks),
                   deps());
    ASSERT_OK(admin_->listener().Start());
  }
  RawReply Ask(const std::string& target, const std::string& method = "GET") {
    RawClient client(admin_->listener().bound_address());
    client.Send(method + " " + target + " HTTP/1.1\r\n\r\n");
    return client.Receive(method);
  }
  void Add(std::string_view path, const AdminHandler& handler) {
    for (const char* const method : {"GET", "POST"}) {
      router_.Add(
          {.method = method, .path = path, .guard = AdminRoute::Guard::kOpen, .handler = handler});
    }
  }

  RequestIds ids_{"test"};
  const AdminAccess access_{{}, {}};
  AdminRouter router_{access_, ids_, clock_, logger_};
  std::function<Status()> ping_ = [] { return Status(); };
  DeafObserver deaf_;
  StoreTallies tallies_;
  const WriteRecord writes_{deaf_, tallies_, clock_};
  ReadinessCheck readiness_{{.write = [this] { return ping_(); }}, writes_, clock_};
  std::optional<AdminServer> admin_;
};

TEST_F(AdminServerTest, ReportsHealthy) {
  ping_ = [] { return Status(Error{Errc::kStoreBroken, "x"}); };
  Start();
  EXPECT_EQ(Ask("/healthz").status, 200);
  EXPECT_EQ(Ask("/healthz", "HEAD").status, 200);
  EXPECT_EQ(Ask("/servez").body, R"({"code":0,"message":"serving"})");
}

TEST_F(AdminServerTest, ReportsHealthyWhileAllWorkersAreBlocked) {
  constexpr int kMoreThanThereAreWorkers = 8;
  std::latch works_again(1);
  Start([&] {
    works_again.wait();
    return std::string();
  });
  std::vector<RawClient> waiting;
  for (int i = 0; i < kMoreThanThereAreWorkers; ++i) {
    waiting.emplace_back(admin_->listener().bound_address()).Send("GET /metrics HTTP/1.1\r\n\r\n");
  }
  EXPECT_EQ(Ask("/healthz").status, 200);
  EXPECT_EQ(Ask("/servez").status, 200);
  works_again.count_down();
  for (RawClient& client : waiting) EXPECT_EQ(client.Receive("GET").status, 200);
}

TEST_F(AdminServerTest, AnswersOthersWhileAReadinessCheckHangs) {
  std::latch is_asked(1);
  std::latch works_again(1);
  std::atomic<int> asked{0};
  ping_ = [&] {
    if (++asked == 1) {
      is_asked.count_down();
      works_again.wait();
    }
    return Status();
  };
  threads_.emplace(EdgeThreadCounts{.loops = 1, .workers = 2}, logger_);
  Start();
  RawClient first(admin_->listener().bound_address());
  first.Send(kAskReadiness);
  is_asked.wait();
  std::vector<RawClient> waiting;
  for (std::size_t i = 0; i < ReadinessCheck::kMaxWaiting; ++i) {
    waiting.emplace_back(admin_->listener().bound_address()).Send(kAskReadiness);
  }
  constexpr const char* kStillAsked =
      R"({"code":6,"message":"not ready","reason":"unavailable: a write is not confirmed yet"})";
  // In any order of arrival: `kMaxWaiting` requests wait, and all others are refused at once.
  std::optional<RawReply> refused;
  EXPECT_TRUE(Eventually([&] {
    RawClient more(admin_->listener().bound_address());
    more.Send(kAskReadiness);
    if (!Eventually([&] { return more.IsReadable(); }, 100ms)) {
      waiting.push_back(std::move(more));
      return false;
    }
    refused = more.Receive("GET");
    return true;
  }));
  EXPECT_EQ(refused.value_or(RawReply{}).status, 503);
  EXPECT_EQ(refused.value_or(RawReply{}).body, kStillAsked);
  EXPECT_EQ(Ask("/metrics").status, 200);
  EXPECT_EQ(asked, 1);
  works_again.count_down();
  EXPECT_EQ(first.Receive("GET").status, 200);
  std::size_t ready = 0;
  for (RawClient& client : waiting) ready += client.Receive("GET").status == 200 ? 1 : 0;
  EXPECT_EQ(ready, ReadinessCheck::kMaxWaiting) << "waiting requests get the same answer";
  EXPECT_EQ(asked, 1);
}

TEST_F(AdminServerTest, WaitsForASlowReadinessCheckOnlyForAWhile) {
  std::latch is_asked(1);
  std::latch works_again(1);
  ping_ = [&] {
    is_asked.count_down();
    works_again.wait();
    return Status();
  };
  Start();
  RawClient first(admin_->listener().bound_address());
  first.Send(kAskReadiness);
  is_asked.wait();
  clock_.Advance(ReadinessCheck::kMaxWrite + 1ms);
  EXPECT_EQ(Ask("/readyz").status, 503);
  EXPECT_EQ(first.Receive("GET").status, 503);
  works_again.count_down();
  EXPECT_TRUE(Eventually([&] { return Ask("/readyz").status == 200; }));
}

TEST_F(AdminServerTest, RepeatsAReadinessCheckThatThrew) {
  bool throws = true;
  ping_ = [&] {
    if (throws) throw std::runtime_error("x");
    return Status();
  };
  Start();
  EXPECT_EQ(Ask("/readyz").status, 503);
  throws = false;
  clock_.Advance(ReadinessCheck::kFresh);
  EXPECT_EQ(Ask("/readyz").status, 200);
}

TEST_F(AdminServerTest, LogsOperatorRequestsButNotProbes) {
  Add("/act", [this](const HttpRequest& request, AdminResponder& responder) {
    logger_.Info("asked", {{"is_numbered", !request.request_id.empty()}});
    AdminReply reply;
    if (request.query == "wrong") reply.label.failure = Errc::kUnauthorized;
    if (request.query != "later") return responder.Send(std::move(reply));
    AdminResponder later = std::move(responder);
    later.Send(std::move(reply));
  });
  Start();
  for (const char* path : {"/healthz", "/readyz", "/servez", "/metrics"})
    EXPECT_EQ(Ask(path).status, 200);
  EXPECT_EQ(Log(), "");
  Ask("/act", "POST");
  Ask("/act?later", "POST");
  Ask("/act?wrong", "POST");
  Ask("/act?later");
  for (const char* id : {"test-1", "test-2", "test-3", "test-4"}) {
    EXPECT_THAT(Log(), HasSubstr(std::string("asked request_id=") + id + " is_numbered=true"));
  }
  const std::string rest = " kind=none endpoint=/act code=0 ";
  EXPECT_THAT(Log(), HasSubstr("info request request_id=test-1" + rest));
  EXPECT_THAT(Log(), HasSubstr("info request request_id=test-2" + rest));
  EXPECT_THAT(Log(), HasSubstr("debug request request_id=test-3" + rest)) << "no action was taken";
  EXPECT_THAT(Log(), HasSubstr("debug request request_id=test-4" + rest)) << "read-only request";
}

TEST_F(AdminServerTest, SendsNoStoreAndNosniffHeaders) {
  Add("/else", [](const HttpRequest& request, AdminResponder& responder) {
    AdminReply reply{.http = {.body = "{}"}};
    if (request.query == "page") reply.http.headers.emplace_back("Cache-Control", "no-cache");
    if (request.query != "later") return responder.Send(std::move(reply));
    AdminResponder later = std::move(responder);
    later.Send(std::move(reply));
  });
  Start();
  for (const char* target :
       {"/healthz", "/readyz", "/servez", "/metrics", "/else", "/else?later", "/else?page"}) {
    const RawReply reply = Ask(target);
    EXPECT_EQ(reply.Header("Cache-Control"),
              std::string(target) == "/else?page" ? "no-cache" : "no-store")
        << target;
    EXPECT_EQ(reply.Header("X-Content-Type-Options"), "nosniff") << target;
  }
}

TEST_F(AdminServerTest, ReportsReady) {
  Start();
  const RawReply reply = Ask("/readyz");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Header("Content-Type"), kJsonType);
  EXPECT_THAT(reply.body, HasSubstr(R"("code":0)"));
}

TEST_F(AdminServerTest, ReportsTheReasonForNotReady) {
  ping_ = [] { return Status(Error{Errc::kStoreBroken, "disk \"full\"\n\\"}); };
  Start();
  const RawReply reply = Ask("/readyz");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.Header("Content-Type"), kJsonType);
  EXPECT_EQ(reply.body,
            R"({"code":6,"message":"not ready","reason":"store_broken: disk  full   "})");
  EXPECT_FALSE(readiness_.ReadLatest()) << "the metric uses the result, too";
}

TEST_F(AdminServerTest, ReportsNotReadyWhileDraining) {
  Start();
  readiness_.BeginDraining();
  const RawReply reply = Ask("/readyz");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body, R"({"code":6,"message":"not ready","reason":"unavailable: draining"})");
}

TEST_F(AdminServerTest, ServesMetricsAsText) {
  Start();
  const RawReply reply = Ask("/metrics");
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.Header("Content-Type"), StartsWith("text/plain; version=0.0.4"));
  EXPECT_EQ(reply.body, "rtcroomd_up 1\n");
}

TEST_F(AdminServerTest, RejectsOtherPathsAndMethods) {
  Start();
  EXPECT_EQ(Ask("/").status, 404);
  EXPECT_EQ(Ask("/metrics/").status, 404);
  EXPECT_THAT(Ask("/nothing").body, HasSubstr(R"("code":1)"));
  const RawReply post = Ask("/healthz", "POST");
  EXPECT_EQ(post.status, 405);
  EXPECT_EQ(post.Header("Allow"), "GET, HEAD");
}

TEST_F(AdminServerTest, AnswersTheOtherPathsOfItsRouter) {
  Add("/elsewhere", [](const HttpRequest& request, AdminResponder& responder) {
    responder.Send({.http = {.body = request.method + " " + request.path}});
  });
  Start();
  EXPECT_EQ(Ask("/elsewhere").body, "GET /elsewhere");
  EXPECT_EQ(Ask("/healthz").status, 200);
}

/// A handler of callbacks that answers one path.
class OneCallback : public RequestHandler {
 public:
  [[nodiscard]] bool Serves(const HttpRequest& request) const override {
    return request.path == "/callback/srs";
  }
  void Handle(HttpRequest& /*request*/, Responder& responder) override {
    responder.Send({.body = "called"});
  }
};

TEST_F(AdminServerTest, LeavesCallbacksToTheirHandlers) {
  OneCallback callback;
  Start({}, {&callback});
  const RawReply reply = Ask("/callback/srs", "POST");
  EXPECT_EQ(reply.body, "called");
  EXPECT_EQ(reply.Header("Cache-Control"), "");
  EXPECT_EQ(Ask("/callback/rtmp", "POST").status, 404);
  admin_.reset();  // it calls the handler
}

TEST_F(AdminServerTest, SurvivesASourceThatThrows) {
  Start([]() -> std::string { throw std::runtime_error("x"); });
  const RawReply reply = Ask("/metrics");
  EXPECT_EQ(reply.status, 500);
  EXPECT_THAT(reply.body, HasSubstr(R"("code":6)"));
  EXPECT_EQ(reply.Header("Cache-Control"), "no-store");
  EXPECT_THAT(Log(), HasSubstr("runtime_error"));
}

}  // namespace
}  // namespace rtcroom
