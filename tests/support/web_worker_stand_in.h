// A worker of browsers' media without media.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <rtcroom/v1/room_admin.grpc.pb.h>

#include "tests/support/eventually.h"

namespace rtcroom {

/// A call of ServeWeb, which answers offers as it is told to, and ends after two `kWaitTimeout`.
///
/// @threads for one thread.
class WebWorkerStandIn {
 public:
  /// Fills in the report on an offer; false: there is none.
  using Answerer = std::function<bool(const v1::WebOpen& open, v1::WebReport& report)>;

  explicit WebWorkerStandIn(const std::shared_ptr<grpc::Channel>& channel, v1::WebHello hello,
                            Answerer answer = AnswerAll)
      : stub_(v1::RoomAdmin::NewStub(channel)), answer_(std::move(answer)) {
    context_.set_deadline(std::chrono::system_clock::now() + 2 * kWaitTimeout);
    stream_ = stub_->ServeWeb(&context_);
    v1::WebReport report;
    *report.mutable_hello() = std::move(hello);
    Send(report);
    reader_ = std::jthread([this] { Read(); });
  }
  ~WebWorkerStandIn() { Leave(); }
  WebWorkerStandIn(const WebWorkerStandIn&) = delete;
  WebWorkerStandIn& operator=(const WebWorkerStandIn&) = delete;

  static v1::WebHello Hello(unsigned max_sessions = 64) {
    v1::WebHello hello;
    hello.set_version("test");
    hello.set_max_sessions(max_sessions);
    return hello;
  }
  static bool AnswerAll(const v1::WebOpen& open, v1::WebReport& report) {
    report.mutable_opened()->set_session(open.session());
    report.mutable_opened()->set_answer("v=0 answer to " + open.offer());
    return true;
  }
  static bool AnswerNone(const v1::WebOpen& /*open*/, v1::WebReport& /*report*/) { return false; }

  void Send(const v1::WebReport& report) {
    const std::lock_guard lock(writing_);
    (void)stream_->Write(report);
  }
  void SendEnded(const std::string& session, v1::WebEnded::Reason reason) {
    v1::WebReport report;
    report.mutable_ended()->set_session(session);
    report.mutable_ended()->set_reason(reason);
    Send(report);
  }
  /// The connection breaks.
  void Leave() {
    context_.TryCancel();
    if (reader_.joinable()) reader_.join();
  }
  /// The call is one that the server ends.
  grpc::Status End() {
    if (reader_.joinable()) reader_.join();
    return end_;
  }

  [[nodiscard]] std::vector<v1::WebOpen> opens() const {
    const std::lock_guard lock(mutex_);
    return opens_;
  }
  /// Reasons by session.
  [[nodiscard]] std::map<std::string, std::string> closes() const {
    const std::lock_guard lock(mutex_);
    return closes_;
  }
  [[nodiscard]] std::optional<v1::WebKeep> keep() const {
    const std::lock_guard lock(mutex_);
    return keep_;
  }
  /// Waits until a `keep` lists exactly these sessions.
  [[nodiscard]] bool IsKeeping(std::vector<std::string> sessions) const {
    std::ranges::sort(sessions);
    return Eventually([&] {
      const std::optional<v1::WebKeep> newest = keep();
      if (!newest) return false;
      std::vector<std::string> kept(newest->sessions().begin(), newest->sessions().end());
      std::ranges::sort(kept);
      return kept == sessions;
    });
  }

 private:
  void Read() {
    v1::WebOrder order;
    while (stream_->Read(&order)) {
      if (order.has_open()) {
        {
          const std::lock_guard lock(mutex_);
          opens_.push_back(order.open());
        }
        v1::WebReport report;
        if (answer_(order.open(), report)) Send(report);
      } else {
        const std::lock_guard lock(mutex_);
        if (order.has_close()) closes_[order.close().session()] = order.close().reason();
        if (order.has_keep()) keep_ = order.keep();
      }
    }
    end_ = stream_->Finish();
  }

  const std::unique_ptr<v1::RoomAdmin::Stub> stub_;
  const Answerer answer_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::WebReport, v1::WebOrder>> stream_;
  std::mutex writing_;
  mutable std::mutex mutex_;
  std::vector<v1::WebOpen> opens_;
  std::map<std::string, std::string> closes_;
  std::optional<v1::WebKeep> keep_;
  grpc::Status end_;
  std::jthread reader_;  // last: it uses all of the above
};

}  // namespace rtcroom
