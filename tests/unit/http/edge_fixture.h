// A server on a free port of 127.0.0.1 whose answers a test decides.
#pragma once

#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/mutex.h"
#include "daemon/http/http_server.h"
#include "handlers/router.h"
#include "tests/support/captured_log.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/support/raw_client.h"

namespace rtcroom {

inline constexpr const char* kJsonType = "application/json; charset=utf-8";

/// @threads safe from any thread.
class RecordingObserver : public RequestObserver, public ConnectionObserver {
 public:
  void OnRequest(const RequestLabel& label, int http_status,
                 std::optional<std::chrono::nanoseconds> duration) override {
    const MutexLock lock(mutex_);
    durations_.push_back(duration);
    seen_.emplace_back(label.code, http_status);
  }
  void OnConnectionOpened() override {
    const MutexLock lock(mutex_);
    ++opened_;
  }
  void OnConnectionClosed() override {
    const MutexLock lock(mutex_);
    ++closed_;
  }
  void OnHandshake() override {
    const MutexLock lock(mutex_);
    ++handshakes_;
  }
  void OnRefusal(RefusalCause cause) override {
    const MutexLock lock(mutex_);
    refusals_.push_back(cause);
  }

  std::vector<std::pair<int, int>> seen() {
    const MutexLock lock(mutex_);
    return seen_;
  }
  /// Of the requests in the order of `seen`.
  std::vector<std::optional<std::chrono::nanoseconds>> durations() {
    const MutexLock lock(mutex_);
    return durations_;
  }
  std::vector<RefusalCause> refusals() {
    const MutexLock lock(mutex_);
    return refusals_;
  }
  int opened() {
    const MutexLock lock(mutex_);
    return opened_;
  }
  int closed() {
    const MutexLock lock(mutex_);
    return closed_;
  }
  int handshakes() {
    const MutexLock lock(mutex_);
    return handshakes_;
  }

 private:
  Mutex mutex_;
  std::vector<std::pair<int, int>> seen_ GUARDED_BY(mutex_);  ///< code and HTTP status
  std::vector<std::optional<std::chrono::nanoseconds>> durations_ GUARDED_BY(mutex_);
  std::vector<RefusalCause> refusals_ GUARDED_BY(mutex_);
  int opened_ GUARDED_BY(mutex_) = 0;
  int closed_ GUARDED_BY(mutex_) = 0;
  int handshakes_ GUARDED_BY(mutex_) = 0;
};

/// What the server was asked, as text: lets a reply show how the request was understood.
inline HttpReply Describe(const HttpRequest& request) {
  HttpReply reply;
  reply.body = request.method + " " + request.path + " [" + request.query + "] from " +
               request.peer_address + " as " + request.content_type + ": " + request.body;
  return reply;
}

using AnswerNow = std::function<HttpReply(const HttpRequest&)>;

/// What is held for all clients of a test.
constexpr std::size_t kMostHeldBytes = std::size_t{64} << 20;

/// The fake clock stands still: no deadline passes unless a test advances it.
class EdgeTest : public testing::Test {
 protected:
  /// Before the parts of a derived test are destroyed that the server uses.
  void TearDown() override { server_.reset(); }

  /// Every request on a worker, answered at once.
  static RequestAnswers Answers(AnswerNow answer) {
    return {.plan = [](std::string_view, std::string_view) { return RequestPlan(); },
            .answer = [answer = std::move(answer)](const HttpRequest& request, const DeferReply&)
                -> std::optional<HttpReply> { return answer(request); },
            .refuse = [](int status) { return Router::Refusal(status); }};
  }

  /// Starts the one server of this test.
  void Serve(RequestAnswers answers, HttpListenerOptions options = {},
             EdgeThreadCounts threads = {.loops = 2}) {
    threads_.emplace(threads, logger_);
    if (options.listen.empty()) options.listen = "127.0.0.1:0";
    server_.emplace(std::move(options), std::move(answers), ids_, observer_, parts());
    ASSERT_OK(server_->Start());
  }
  void Serve(AnswerNow answer, HttpListenerOptions options = {},
             EdgeThreadCounts threads = {.loops = 2}) {
    Serve(Answers(std::move(answer)), std::move(options), threads);
  }

  [[nodiscard]] EdgeParts parts() {
    if (!threads_) threads_.emplace(EdgeThreadCounts{}, logger_);
    return {.threads = *threads_,
            .census = census_,
            .held = held_,
            .observer = observer_,
            .clock = clock_,
            .logger = logger_};
  }
  [[nodiscard]] const std::string& address() const { return server_->bound_address(); }

  /// Whether somebody can connect.
  bool TakesNewcomers() {
    try {
      const RawClient newcomer(address());
      return true;
    } catch (const std::runtime_error&) {
      return false;
    }
  }

  /// All that was logged so far.
  [[nodiscard]] std::string Log() const { return log_.Text(); }

  FakeClock clock_;
  RequestIds ids_{"test"};
  RecordingObserver observer_;
  ConnectionCensus census_{{.total = 10'000, .per_address = 10'000}};
  MemoryTotal held_{.most = kMostHeldBytes};
  CapturedLog log_;
  Logger logger_{LogFormat::kText, LogLevel::kDebug, log_.file()};
  std::optional<EdgeThreads> threads_;
  std::optional<HttpServer> server_;
};

}  // namespace rtcroom
