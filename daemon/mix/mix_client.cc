#include "daemon/mix/mix_client.h"

#include <string>
#include <utility>

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>
#include <grpcpp/support/status.h>

#include "daemon/base/mutex.h"
#include "daemon/base/thread_annotations.h"

namespace rtcroom {
/// One call. gRPC's threads store what happens; the client's thread takes it.
///
/// @threads the callbacks on gRPC's threads, one at a time, the rest on the client's.
class MixClient::Call : public grpc::ClientReadReactor<v1::WantedMixes> {
 public:
  Call(v1::RoomAdmin::Stub& stub, const Secret& token, std::function<void()> wake)
      : wake_(std::move(wake)) {
    if (!token.empty()) context_.AddMetadata("authorization", "Bearer " + token.Reveal());
    stub.async()->FollowMixes(&context_, &request_, this);
    // gRPC's own synchronization would do, but the thread sanitizer cannot see it.
    MutexLock lock(mutex_);
    StartRead(&arrived_);
    StartCall();
  }
  ~Call() override {
    context_.TryCancel();
    MutexLock lock(mutex_);
    while (!end_) ended_.Wait(mutex_);
  }

  void Cancel() { context_.TryCancel(); }

  std::optional<v1::WantedMixes> Take() {
    MutexLock lock(mutex_);
    return std::exchange(newest_, std::nullopt);
  }
  /// How it ended; nullopt while it runs.
  std::optional<grpc::Status> End() {
    MutexLock lock(mutex_);
    return end_;
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;  // OnDone follows
    {
      MutexLock lock(mutex_);
      newest_ = std::move(arrived_);
    }
    arrived_.Clear();
    wake_();
    StartRead(&arrived_);
  }
  void OnDone(const grpc::Status& status) override {
    // All under the lock: afterwards this object, and what it wakes, may be gone.
    MutexLock lock(mutex_);
    end_ = status;
    ended_.NotifyAll();
    wake_();
  }

 private:
  const std::function<void()> wake_;
  grpc::ClientContext context_;
  const v1::FollowMixesRequest request_;
  v1::WantedMixes arrived_;
  Mutex mutex_;
  CondVar ended_;
  std::optional<v1::WantedMixes> newest_ GUARDED_BY(mutex_);
  std::optional<grpc::Status> end_ GUARDED_BY(mutex_);
};

MixClient::MixClient(MixClientOptions options, MixClientDeps deps)
    : options_(std::move(options)),
      deps_(std::move(deps)),
      retry_(options_.backoff, options_.max_backoff),
      stub_(v1::RoomAdmin::NewStub(deps_.channel)) {}

MixClient::~MixClient() = default;

MonotonicTime MixClient::Step() {
  const MonotonicTime now = deps_.clock.Monotonic();
  if (call_ != nullptr) CheckCall(now);
  if (call_ == nullptr && now >= call_at_) {
    call_ = std::make_unique<Call>(*stub_, options_.token, deps_.wake);
    heard_at_ = now;
  }
  return call_ == nullptr ? call_at_ : heard_at_ + options_.silence;
}

void MixClient::CheckCall(MonotonicTime now) {
  // Its end is looked at first: nothing arrives after it.
  const std::optional<grpc::Status> end = call_->End();
  if (std::optional<v1::WantedMixes> arrived = call_->Take()) {
    wanted_ = std::move(arrived);
    heard_at_ = now;
    retry_.Worked();
    if (!std::exchange(is_following_, true)) deps_.logger.Info("mixes_followed");
  }
  if (!end) {
    if (now - heard_at_ < options_.silence) return;
    call_->Cancel();
    heard_at_ = now;  // its end comes now
    return;
  }
  call_.reset();
  call_at_ = retry_.Ended(now, *end, "mixes_not_followed", deps_.logger);
  is_following_ = false;
}

std::optional<v1::WantedMixes> MixClient::Take() { return std::exchange(wanted_, std::nullopt); }

}  // namespace rtcroom
