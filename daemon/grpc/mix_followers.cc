#include "daemon/grpc/mix_followers.h"

#include <optional>
#include <utility>

#include <grpcpp/support/status.h>

#include "daemon/grpc/refused_call.h"

namespace rtcroom {
namespace {

std::shared_ptr<const v1::WantedMixes> MakeMessage(const std::vector<WantedMix>& wanted) {
  auto message = std::make_shared<v1::WantedMixes>();
  for (const WantedMix& mix : wanted) {
    v1::Mix& written = *message->add_mixes();
    written.set_stream(mix.stream);
    written.set_width(mix.canvas.width);
    written.set_height(mix.canvas.height);
    for (const WantedMix::Input& input : mix.inputs) {
      v1::MixInput& one = *written.add_inputs();
      one.set_stream(input.stream);
      one.set_x(input.place.x);
      one.set_y(input.place.y);
      one.set_width(input.place.width);
      one.set_height(input.place.height);
      one.set_layer(input.place.layer);
      one.set_has_video(input.place.has_video);
      one.set_has_audio(input.place.has_audio);
    }
  }
  return message;
}

}  // namespace

/// One call. `followers_` keeps it until `OnDone`, after which gRPC no longer uses it.
class MixFollowers::Follower final : public Reactor {
 public:
  explicit Follower(MixFollowers& all) : all_(all) {}

  /// Sends the message next, instead of one that still waits.
  void Send(const Message& message) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    next_ = message;
    WriteNextLocked();
  }
  void End(const grpc::Status& status) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    EndLocked(status);
  }

  void OnWriteDone(bool ok) override {
    const MutexLock lock(mutex_);
    writing_.reset();
    if (!ok) return EndLocked(grpc::Status::CANCELLED);
    WriteNextLocked();
  }
  void OnCancel() override { End(grpc::Status::CANCELLED); }
  void OnDone() override { all_.Remove(*this); }

 private:
  // gRPC runs what follows from a write or an end on threads of its own, so the lock may be held.
  void WriteNextLocked() REQUIRES(mutex_) {
    if (is_ended_ || writing_ != nullptr || next_ == nullptr) return;
    writing_ = std::exchange(next_, nullptr);
    StartWrite(writing_.get());
  }
  void EndLocked(const grpc::Status& status) REQUIRES(mutex_) {
    if (std::exchange(is_ended_, true)) return;
    Finish(status);
  }

  MixFollowers& all_;
  Mutex mutex_;
  Message writing_ GUARDED_BY(mutex_);
  Message next_ GUARDED_BY(mutex_);
  bool is_ended_ GUARDED_BY(mutex_) = false;
};

MixFollowers::MixFollowers(MixFeed& feed, MixFollowerOptions options)
    : feed_(feed), options_(options), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

MixFollowers::~MixFollowers() { Stop(); }

MixFollowers::Reactor* MixFollowers::Follow() {
  const auto follower = std::make_shared<Follower>(*this);
  const MutexLock lock(mutex_);
  if (is_stopped_) return new RefusedCall<Reactor>(ServerStopping());
  if (followers_.size() >= options_.max_followers) {
    return new RefusedCall<Reactor>(
        {grpc::StatusCode::RESOURCE_EXHAUSTED, "too many follow the mixes already"});
  }
  followers_.emplace(follower.get(), follower);
  // The lock is held, or a newer message could be sent before this one.
  follower->Send(newest_);
  return follower.get();  // gRPC uses it until OnDone
}

void MixFollowers::Remove(const Follower& follower) {
  std::shared_ptr<Follower> removed;  // possibly the last reference: destroyed without the lock
  const MutexLock lock(mutex_);
  const auto found = followers_.find(&follower);
  removed = std::move(found->second);
  followers_.erase(found);
}

void MixFollowers::Stop() {
  {
    const MutexLock lock(mutex_);
    is_stopped_ = true;
  }
  thread_.request_stop();
  stopping_.NotifyAll();
  feed_.changes().Raise();
  if (thread_.joinable()) thread_.join();
  for (const auto& follower : Snapshot()) follower->End(ServerStopping());
}

std::size_t MixFollowers::size() const {
  const MutexLock lock(mutex_);
  return followers_.size();
}

std::vector<std::shared_ptr<MixFollowers::Follower>> MixFollowers::Snapshot() const {
  std::vector<std::shared_ptr<Follower>> snapshot;
  const MutexLock lock(mutex_);
  snapshot.reserve(followers_.size());
  for (const auto& [key, follower] : followers_) snapshot.push_back(follower);
  return snapshot;
}

void MixFollowers::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const bool has_changed = feed_.changes().Wait(RealTime() + options_.repeat_after);
    if (has_changed) {
      const MonotonicTime until = RealTime() + options_.gather;
      const MutexLock lock(mutex_);
      while (!is_stopped_ && stopping_.WaitUntil(mutex_, until)) {
      }
    }
    if (stop.stop_requested()) return;
    const std::optional<std::vector<WantedMix>> wanted = feed_.Wanted();
    if (!wanted) continue;
    const Message message = MakeMessage(*wanted);
    {
      const MutexLock lock(mutex_);
      newest_ = message;
    }
    for (const auto& follower : Snapshot()) follower->Send(message);
  }
}

}  // namespace rtcroom
