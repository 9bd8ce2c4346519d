// A server on a free port of 127.0.0.1 whose answers a test decides.
#pragma once

#include <chrono>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/mutex.h"
#include "daemon/edge/http_server.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/support/raw_client.h"

namespace rtcroom {

inline constexpr const char* kJsonType = "application/json; charset=utf-8";

/// @threads safe from any thread.
class RecordingObserver : public RequestObserver {
 public:
  void OnRequest(const RequestLabel& label, int http_status,
                 std::chrono::nanoseconds /*duration*/) override {
    const MutexLock lock(mutex_);
    seen_.emplace_back(label.code, http_status);
  }
  std::vector<std::pair<int, int>> seen() {
    const MutexLock lock(mutex_);
    return seen_;
  }

 private:
  Mutex mutex_;
  std::vector<std::pair<int, int>> seen_ GUARDED_BY(mutex_);  ///< code and HTTP status
};

/// What the server was asked, as text: lets a reply show how the request was understood.
inline HttpReply Describe(const HttpRequest& request) {
  HttpReply reply;
  reply.body = request.method + " " + request.path + " [" + request.query + "] from " +
               request.peer_address + " as " + request.content_type + ": " + request.body;
  return reply;
}

/// The fake clock stands still: no deadline passes unless a test advances it.
class EdgeTest : public testing::Test {
 protected:
  ~EdgeTest() override { std::fclose(log_file_); }

  /// Starts the one server of this test.
  void Serve(AnswerFunction answer, HttpListenerOptions options = {}) {
    if (options.listen.empty()) options.listen = "127.0.0.1:0";
    server_.emplace(std::move(options), std::move(answer), ids_, observer_, clock_, logger_);
    ASSERT_OK(server_->Start());
  }
  [[nodiscard]] const std::string& address() const { return server_->bound_address(); }

  /// All that was logged so far.
  std::string Log() {
    std::fflush(log_file_);
    EXPECT_EQ(std::fseek(log_file_, 0, SEEK_SET), 0);
    std::string text;
    for (int c = std::fgetc(log_file_); c != EOF; c = std::fgetc(log_file_)) {
      text.push_back(static_cast<char>(c));
    }
    return text;
  }

  FakeClock clock_;
  RequestIds ids_{"test"};
  RecordingObserver observer_;
  std::FILE* const log_file_ = std::tmpfile();
  Logger logger_{LogFormat::kText, LogLevel::kDebug, log_file_};
  std::optional<HttpServer> server_;
};

}  // namespace rtcroom
