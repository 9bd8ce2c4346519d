// A server on a free port of 127.0.0.1 whose replies a test defines.
#pragma once

#include <atomic>
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
#include "daemon/http/http_listener.h"
#include "tests/support/captured_log.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/support/raw_client.h"

namespace rtcroom {

inline constexpr const char* kJsonType = "application/json; charset=utf-8";

/// The parsed request as text, so that a test can check the parsing in the reply.
inline HttpReply Describe(const HttpRequest& request) {
  HttpReply reply;
  reply.body = request.method + " " + request.path + " [" + request.query + "] from " +
               request.peer_address + " as " + request.content_type + ": " + request.body;
  return reply;
}

using AnswerNow = std::function<HttpReply(const HttpRequest&)>;

/// A configurable handler. The path of a request selects its plan: `/inline`, `/read`, `/urgent`,
/// `/paced`, otherwise a worker.
class TestHandler : public HttpHandler {
 public:
  using HandleRequest = std::function<void(const HttpRequest&, Responder&)>;

  explicit TestHandler(HandleRequest handle) : handle_(std::move(handle)) {}
  /// Answers each request at once.
  explicit TestHandler(AnswerNow answer)
      : handle_([answer = std::move(answer)](const HttpRequest& request, Responder& responder) {
          responder.Send(answer(request));
        }) {}

  RequestPlan Resolve(HttpRequest& request) override {
    if (request.path.starts_with("/inline")) return {.lane = Lane::kInline};
    if (request.path.starts_with("/urgent")) return {.lane = Lane::kUrgent};
    if (request.path.starts_with("/read")) return {.lane = Lane::kRead};
    if (request.path.starts_with("/paced")) return {.lane = Lane::kRead, .paced = true};
    return {};
  }
  std::chrono::nanoseconds Delay(std::string_view client_address) override {
    return delay ? delay(client_address) : std::chrono::nanoseconds(0);
  }
  void Handle(HttpRequest& request, Responder& responder) override {
    handle_(request, responder);
    ++handled_;
  }
  HttpReply Refuse(int status, std::string_view reason) override {
    const MutexLock lock(mutex_);
    refused_.emplace_back(status, reason);
    return {.status = status, .body = status < 500 ? R"({"code":1})" : R"({"code":6})"};
  }

  /// Status and reason of each refused request.
  std::vector<std::pair<int, std::string>> refused() {
    const MutexLock lock(mutex_);
    return refused_;
  }

  /// Number of handled requests.
  [[nodiscard]] int handled() const { return handled_; }

  std::function<std::chrono::nanoseconds(std::string_view address)> delay = {};

 private:
  const HandleRequest handle_;
  std::atomic<int> handled_{0};
  Mutex mutex_;
  std::vector<std::pair<int, std::string>> refused_ GUARDED_BY(mutex_);
};

/// The limit of the memory held for all clients of a test.
constexpr std::size_t kMostHeldBytes = std::size_t{64} << 20;

/// The fake clock stands still: no deadline passes unless a test advances it.
class EdgeTest : public testing::Test {
 protected:
  /// Stops the server before the members of derived classes that it uses are destroyed.
  void TearDown() override { server_.reset(); }

  /// Starts the server of this test.
  void Serve(std::unique_ptr<TestHandler> handler, HttpListenerOptions options = {},
             EdgeThreadCounts threads = {.loops = 2}) {
    server_.reset();  // an earlier one uses the earlier threads
    threads_.emplace(threads, logger_);
    if (options.listen.empty()) options.listen = {"127.0.0.1:0"};
    handler_ = std::move(handler);
    server_.emplace(std::move(options), *handler_, deps());
    ASSERT_OK(server_->Start());
  }
  void Serve(AnswerNow answer, HttpListenerOptions options = {},
             EdgeThreadCounts threads = {.loops = 2}) {
    Serve(std::make_unique<TestHandler>(std::move(answer)), std::move(options), threads);
  }

  [[nodiscard]] HttpListenerDeps deps() {
    if (!threads_) threads_.emplace(EdgeThreadCounts{}, logger_);
    return {.threads = *threads_,
            .limiter = limiter_,
            .held = held_,
            .counts = counts_,
            .clock = clock_,
            .logger = logger_};
  }
  [[nodiscard]] std::string address() const { return server_->bound_address(); }

  /// Each cause as often as it was counted, in the order of the enumerators.
  [[nodiscard]] std::vector<RefusalCause> Refusals() const {
    std::vector<RefusalCause> refusals;
    for (const auto& [cause, name] : kRefusalCauses) {
      refusals.insert(refusals.end(), counts_.refusals.at(static_cast<std::size_t>(cause)), cause);
    }
    return refusals;
  }

  /// Whether a client can connect.
  bool AcceptsConnections() {
    try {
      const RawClient newcomer(address());
      return true;
    } catch (const std::runtime_error&) {
      return false;
    }
  }

  /// Everything logged so far.
  [[nodiscard]] std::string Log() const { return log_.Text(); }

  FakeClock clock_;
  ConnectionCounts counts_;
  ConnectionLimiter limiter_{{.total = 10'000, .per_address = 10'000}};
  MemoryTotal held_{.most = kMostHeldBytes};
  CapturedLog log_;
  Logger logger_{LogFormat::kText, LogLevel::kDebug, log_.file()};
  std::optional<EdgeThreads> threads_;
  std::unique_ptr<TestHandler> handler_;
  std::optional<HttpListener> server_;
};

}  // namespace rtcroom
