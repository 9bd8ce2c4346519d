// The calls that follow the wanted mixes.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>
#include <rtcroom/v1/room_admin.pb.h>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/core/mix_feed.h"

namespace rtcroom {

struct MixFollowerOptions {
  std::size_t max_followers = 16;
  /// Between two messages without a change: a reader takes a longer silence for a dead connection.
  std::chrono::milliseconds repeat_after = std::chrono::seconds(10);
  /// The time from a change until it is sent, together with those that follow it.
  std::chrono::milliseconds gather{100};
};

/// Sends the wanted mixes to each follower: all of them, at its beginning, after each change, and
/// again after a while. A slow follower gets the newest only. It gets nothing until the streams on
/// air are known.
///
/// Order of destruction: `Stop`, then the gRPC server, then this.
///
/// @threads safe from any thread, except that `Stop` and the destructor are for one thread.
class MixFollowers {
 public:
  /// Starts the thread.
  /// @param feed  outlives this object, which is its only reader.
  explicit MixFollowers(MixFeed& feed, MixFollowerOptions options = {});
  ~MixFollowers();  ///< calls `Stop`
  MixFollowers(const MixFollowers&) = delete;
  MixFollowers& operator=(const MixFollowers&) = delete;

  using Reactor = grpc::ServerWriteReactor<v1::WantedMixes>;
  /// Begins a call.
  Reactor* Follow() EXCLUDES(mutex_);

  /// Ends all calls; later ones are refused.
  void Stop() EXCLUDES(mutex_);

  [[nodiscard]] std::size_t size() const EXCLUDES(mutex_);

 private:
  class Follower;
  using Message = std::shared_ptr<const v1::WantedMixes>;

  void Run(const std::stop_token& stop) EXCLUDES(mutex_);
  void Remove(const Follower& follower) EXCLUDES(mutex_);
  [[nodiscard]] std::vector<std::shared_ptr<Follower>> Snapshot() const EXCLUDES(mutex_);

  MixFeed& feed_;
  const MixFollowerOptions options_;
  mutable Mutex mutex_;
  CondVar stopping_;
  bool is_stopped_ GUARDED_BY(mutex_) = false;
  Message newest_ GUARDED_BY(mutex_);  ///< null: not known yet
  /// Shared with the threads that call a follower while its call may end.
  std::unordered_map<const Follower*, std::shared_ptr<Follower>> followers_ GUARDED_BY(mutex_);
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace rtcroom
