// Asks the media server which streams are on air, and disconnects those that may not be.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string_view>
#include <thread>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/result.h"
#include "daemon/base/tally.h"
#include "daemon/base/thread_pool.h"
#include "daemon/core/commit_signal.h"
#include "daemon/media/srs_players.h"
#include "daemon/media/stream_monitor.h"
#include "daemon/media/stream_server.h"

namespace rtcroom {

struct MediaPollerOptions {
  std::chrono::milliseconds period{5000};        ///< between two polls
  std::chrono::milliseconds poll_timeout{3000};  ///< limit of one answer
  std::chrono::milliseconds drop_timeout{1000};  ///< limit of all drops; a takeover waits for it
};

/// All of it outlives the poller.
struct MediaPollerDeps {
  StreamMonitor& monitor;
  StreamServer* server = nullptr;  ///< null: nothing can be asked; what may be on air is kept all
                                   ///< the same, for the answers to callbacks
  SrsPlayers* players = nullptr;   ///< null: no players are disconnected
  CommitSignal& removals;
  Tally& drops;  ///< counts them by `StreamDropReasonName`, and "dropped" or "not_dropped"
  const Clock& clock;
  Logger& logger;
  /// Gets the outcome of each poll.
  std::function<void(bool is_up, std::chrono::nanoseconds took)> on_poll =
      [](bool, std::chrono::nanoseconds) {};
};

/// Runs from `Start` to `Stop`. No lock is held while the media server is asked.
///
/// @threads `DropThen` from any thread, the rest for one thread.
class MediaPoller {
 public:
  MediaPoller(MediaPollerOptions options, const MediaPollerDeps& deps);
  ~MediaPoller() { Stop(); }
  MediaPoller(const MediaPoller&) = delete;
  MediaPoller& operator=(const MediaPoller&) = delete;

  void Start();
  void Stop();

  /// Disconnects these clients, within `drop_timeout` in all, then calls `done`: at once when there
  /// are none, else on another thread. `done` must not throw.
  void DropThen(std::vector<StreamDrop> drops, std::function<void()> done);

 private:
  void Run(const std::stop_token& stop);
  void Poll();
  void DropAll(const std::vector<StreamDrop>& drops, MonotonicTime deadline);
  /// It does what `DropAll` does, as far as memory lasts.
  void TryDropAll(const std::vector<StreamDrop>& drops, MonotonicTime deadline) noexcept;
  void RecordReach(const Status& reached);

  const MediaPollerOptions options_;
  const MediaPollerDeps deps_;
  bool is_up_ = true;  ///< belongs to the polling thread
  ThreadPool takeovers_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace rtcroom
