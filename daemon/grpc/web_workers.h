// The calls of the workers that have the media of browsers.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <thread>
#include <unordered_map>

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>
#include <rtcroom/v1/room_admin.pb.h>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/core/web_sessions.h"

namespace rtcroom {

/// Gives workers the orders of `WebSessions`, and that what they report.
///
/// Order of destruction: `Stop`, then the gRPC server, then this.
///
/// @threads safe from any thread, except that `Stop` and the destructor are for one thread.
class WebWorkers {
 public:
  /// Starts the threads, which call `WebSessions::Round` and `WebSessions::CheckRestored`.
  /// @param sessions  outlives this object, which is the only one that waits for its signals.
  explicit WebWorkers(WebSessions& sessions);
  ~WebWorkers();  ///< calls `Stop`
  WebWorkers(const WebWorkers&) = delete;
  WebWorkers& operator=(const WebWorkers&) = delete;

  using Reactor = grpc::ServerBidiReactor<v1::WebReport, v1::WebOrder>;
  /// Begins a call.
  Reactor* Serve() EXCLUDES(mutex_);

  /// Ends all calls; later ones are refused.
  void Stop() EXCLUDES(mutex_);

 private:
  class Call;

  /// Calls `work` when the signal is raised, and when it says.
  static void Run(const std::stop_token& stop, CommitSignal& signal,
                  const std::function<MonotonicTime()>& work);
  void Remove(const Call& call) EXCLUDES(mutex_);

  WebSessions& sessions_;
  mutable Mutex mutex_;
  bool is_stopped_ GUARDED_BY(mutex_) = false;
  /// Shared with `WebSessions`, whose last reference may be the last one.
  std::unordered_map<const Call*, std::shared_ptr<Call>> calls_ GUARDED_BY(mutex_);
  std::jthread rounds_;  // last, with the next: they use all of the above
  std::jthread checks_;
};

}  // namespace rtcroom
