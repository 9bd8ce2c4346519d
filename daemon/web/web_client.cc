#include "daemon/web/web_client.h"

#include <deque>
#include <utility>

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>
#include <grpcpp/support/status.h>

#include "daemon/base/mutex.h"
#include "daemon/base/thread_annotations.h"

namespace rtcroom {
namespace {

/// Both queues: more than the sessions of a worker. A call that fills one is ended, and another one
/// begins with all sessions.
constexpr std::size_t kMostWaiting = 4096;

}  // namespace

/// One call. gRPC's threads store what arrives and send what is reported; the client's thread takes
/// and reports.
///
/// @threads the callbacks on gRPC's threads, one at a time, the rest on the client's.
class WebClient::Call : public grpc::ClientBidiReactor<v1::WebReport, v1::WebOrder> {
 public:
  Call(v1::RoomAdmin::Stub& stub, const Secret& token, v1::WebHello hello,
       std::function<void()> wake)
      : wake_(std::move(wake)) {
    if (!token.empty()) context_.AddMetadata("authorization", "Bearer " + token.Reveal());
    stub.async()->ServeWeb(&context_, this);
    // gRPC's own synchronization would do, but the thread sanitizer cannot see it.
    MutexLock lock(mutex_);
    *sent_.mutable_hello() = std::move(hello);
    AddHold();  // for reports, which begin outside the callbacks
    StartWrite(&sent_);
    StartRead(&arrived_);
    StartCall();
  }
  ~Call() override {
    context_.TryCancel();
    MutexLock lock(mutex_);
    while (!end_) ended_.Wait(mutex_);
  }

  void Cancel() { context_.TryCancel(); }

  std::optional<v1::WebOrder> Take() {
    MutexLock lock(mutex_);
    if (orders_.empty()) return std::nullopt;
    v1::WebOrder order = std::move(orders_.front());
    orders_.pop_front();
    return order;
  }
  void Report(v1::WebReport report) {
    MutexLock lock(mutex_);
    if (is_over_) return;
    if (reports_.size() >= kMostWaiting) return Cancel();
    reports_.push_back(std::move(report));
    WriteNextLocked();
  }
  /// How it ended; nullopt while it runs.
  std::optional<grpc::Status> End() {
    MutexLock lock(mutex_);
    return end_;
  }

  void OnReadDone(bool ok) override {
    {
      MutexLock lock(mutex_);
      if (!ok) {
        // An order that cannot be parsed does not end the call by itself.
        Cancel();
        is_over_ = true;
        RemoveHold();
        return;
      }
      if (orders_.size() < kMostWaiting) {
        orders_.push_back(std::move(arrived_));
      } else {
        Cancel();
      }
    }
    arrived_.Clear();
    wake_();
    StartRead(&arrived_);
  }
  void OnWriteDone(bool ok) override {
    MutexLock lock(mutex_);
    is_writing_ = false;
    if (ok && !is_over_) WriteNextLocked();
  }
  void OnDone(const grpc::Status& status) override {
    // All under the lock: afterwards this object, and what it wakes, may be gone.
    MutexLock lock(mutex_);
    end_ = status;
    ended_.NotifyAll();
    wake_();
  }

 private:
  void WriteNextLocked() REQUIRES(mutex_) {
    if (is_writing_ || reports_.empty()) return;
    sent_ = std::move(reports_.front());
    reports_.pop_front();
    is_writing_ = true;
    StartWrite(&sent_);
  }

  const std::function<void()> wake_;
  grpc::ClientContext context_;
  v1::WebReport sent_;
  v1::WebOrder arrived_;
  Mutex mutex_;
  CondVar ended_;
  bool is_writing_ GUARDED_BY(mutex_) = true;
  bool is_over_ GUARDED_BY(mutex_) = false;
  std::deque<v1::WebReport> reports_ GUARDED_BY(mutex_);
  std::deque<v1::WebOrder> orders_ GUARDED_BY(mutex_);
  std::optional<grpc::Status> end_ GUARDED_BY(mutex_);
};

WebClient::WebClient(WebClientOptions options, WebClientDeps deps)
    : options_(std::move(options)),
      deps_(std::move(deps)),
      retry_(options_.backoff, options_.max_backoff),
      stub_(v1::RoomAdmin::NewStub(deps_.channel)) {}

WebClient::~WebClient() = default;

MonotonicTime WebClient::Step() {
  const MonotonicTime now = deps_.clock.Monotonic();
  if (call_ != nullptr) CheckCall(now);
  if (call_ == nullptr && now >= call_at_) {
    call_ = std::make_unique<Call>(*stub_, options_.token, deps_.hello(), deps_.wake);
    heard_at_ = now;
  }
  return call_ == nullptr ? call_at_ : heard_at_ + options_.silence;
}

void WebClient::CheckCall(MonotonicTime now) {
  const std::optional<grpc::Status> end = call_->End();
  if (!end) {
    if (now - heard_at_ < options_.silence) return;
    call_->Cancel();
    heard_at_ = now;  // its end comes now
    return;
  }
  call_.reset();  // orders that are left would be answered to nobody
  call_at_ = retry_.Ended(now, *end, "web_not_served", deps_.logger);
  is_serving_ = false;
}

std::optional<v1::WebOrder> WebClient::Take() {
  if (call_ == nullptr) return std::nullopt;
  std::optional<v1::WebOrder> order = call_->Take();
  if (!order) return std::nullopt;
  heard_at_ = deps_.clock.Monotonic();
  retry_.Worked();
  if (!std::exchange(is_serving_, true)) deps_.logger.Info("web_served");
  return order;
}

void WebClient::Report(v1::WebReport report) {
  if (call_ != nullptr) call_->Report(std::move(report));
}

}  // namespace rtcroom
