// Gives the channel what the store has committed.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <thread>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/channel/channel.h"
#include "daemon/channel/former_members.h"
#include "daemon/channel/push_receivers.h"
#include "daemon/core/commit_signal.h"
#include "daemon/core/cursor.h"
#include "daemon/core/heard_logins.h"

namespace rtcroom {

/// Reads events and messages in the store's order on a thread of its own, which sleeps until a
/// commit is signalled, and ticks the channel and its receivers. While the store fails it retries;
/// it loses nothing that is retained meanwhile.
///
/// @threads for one thread.
class ChannelFeed {
 public:
  /// All of it outlives the feed.
  struct Deps {
    HeardLogins& logins;
    CommitSignal& signal;  ///< raised after each commit; the feed is its only waiter
    Channel& channel;
    PushReceivers& receivers;
    FormerMembers* former = nullptr;  ///< null: groups are open to those that are no members
    std::function<void()> tick{};     ///< null: nothing besides has time
  };
  explicit ChannelFeed(const Deps& deps) : deps_(deps), channel_deps_(deps.channel.deps()) {}
  ~ChannelFeed() { Stop(); }
  ChannelFeed(const ChannelFeed&) = delete;
  ChannelFeed& operator=(const ChannelFeed&) = delete;

  /// Begins after the newest event and message. Call it once, before any request.
  /// @errors kStoreBusy; kStoreBroken.
  Status Start();
  void Stop();

 private:
  void Run(const std::stop_token& stop);
  /// Converts an exception of a step to a failure; the next step begins with `RecordLost`.
  Status Guarded(Status (ChannelFeed::*step)());
  Status ReadNew();
  /// It reads again what is to be read again, since events were lost.
  Status Reload();
  Status Tick();
  void RecordLost();
  void RecordOutcome(const Status& outcome);

  const Deps deps_;
  const ChannelDeps& channel_deps_;
  Cursor events_at_{};             // after Start, the feed's thread only
  std::uint64_t messages_at_ = 0;  // likewise
  bool is_failing_ = false;        // likewise
  bool has_lost_ = false;          // likewise: events were lost, which is not yet recorded
  bool needs_contacts_ = false;    // likewise: events were lost
  bool needs_members_ = true;      // likewise; members may have left before `Start`
  std::jthread thread_;            // last: it uses all other members
};

}  // namespace rtcroom
