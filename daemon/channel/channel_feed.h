// Gives the channel what the store has committed.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/channel/channel.h"
#include "daemon/channel/former_members.h"
#include "daemon/channel/push_receivers.h"
#include "daemon/core/commit_signal.h"
#include "daemon/core/heard_logins.h"
#include "daemon/core/log_reader.h"
#include "daemon/core/message_store.h"

namespace rtcroom {

/// Reads messages and then events, each in the store's order, and ticks the channel and its
/// receivers.
///
/// @threads for one thread.
class ChannelFeed : private LogReader::Owner {
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
  explicit ChannelFeed(const Deps& deps);
  ~ChannelFeed() override { Stop(); }
  ChannelFeed(const ChannelFeed&) = delete;
  ChannelFeed& operator=(const ChannelFeed&) = delete;

  /// Begins after the newest event and message. Call it once, before any request.
  /// @errors kStoreBusy; kStoreBroken.
  Status Start();
  void Stop() { reader_.Stop(); }

 private:
  Status BeforeRead() override;
  Result<bool> OnEvents(const EventPage& page) override;
  void OnLost(std::uint64_t position) override;
  void OnTick() override;
  /// It reads again what is to be read again, since events were lost.
  Status Reload();

  const Deps deps_;
  const ChannelDeps& channel_deps_;
  // After Start, for the reader's thread only.
  std::uint64_t messages_at_ = 0;
  std::vector<StoredMessage> messages_{};  ///< messages after that
  bool needs_contacts_ = false;            ///< events were lost
  bool needs_members_ = true;              ///< likewise; members may have left before `Start`
  LogReader reader_;                       // last: its thread uses all other members
};

}  // namespace rtcroom
