// The polls of rooms: the messages of their groups.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/token_bucket.h"
#include "daemon/channel/channel_options.h"
#include "daemon/core/message_store.h"
#include "handlers/webim/account_polls.h"
#include "handlers/webim/waiting_polls.h"
#include "handlers/webim/webim_login.h"
#include "handlers/webim/webim_turn.h"

namespace rtcroom {

/// Keeps the newest messages of groups, and the position of each login in them.
///
/// An answer counts as received when a later poll asks beyond it.
///
/// @threads for one thread at a time.
/// @source as `AccountPolls`.
class RoomPolls {
 public:
  /// All of it outlives this object.
  RoomPolls(const ChannelOptions& options, WaitingPolls& polls, AccountPolls& notices)
      : options_(options), polls_(polls), notices_(notices) {}

  /// The messages that a poll needs and that are not in memory.
  struct Missing {
    std::uint64_t room_number = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
  };
  /// @param login  null: of no known one, and none are missing.
  [[nodiscard]] static std::optional<Missing> MissingFor(const WebimLogin* login,
                                                         const RoomPoll& poll);

  /// The missing messages that the store has: ascending, those from `first` on.
  struct OlderMessages {
    Missing missing{};
    std::span<const StoredMessage> stored{};
  };
  /// @param login  null: of no known one; it is held and answered empty.
  /// @param older  nullopt: `MissingFor` asked for nothing, or the read has failed. Messages that
  ///               are still missing are asked for again after `resend_after`.
  void Poll(WebimLogin* login, RoomPoll poll, const std::optional<OlderMessages>& older,
            PollReply reply, WebimTurn& turn);

  /// The messages come from the store, in its order.
  void OnMessage(Group& group, const StoredMessage& message, WebimTurn& turn);
  /// The group has messages up to that one. Those that are not in memory are read when a poll asks
  /// for them.
  void AdvanceTo(Group& group, std::uint64_t seq, WebimTurn& turn);
  /// It does what `AccountPolls::Send` does.
  void Send(WebimLogin& login, WebimTurn& turn);
  /// Answers the batches that are due.
  void OnTick(WebimTurn& turn);

  /// The bytes that the tails of the groups hold.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] bool HasTails() const { return !by_message_.empty(); }
  /// Gives up the messages of the group that has had none for longest; they are read from the store
  /// again.
  void DropTail() { ClearTail(*by_message_.front()); }
  /// The group ends.
  void Forget(Group& group);
  [[nodiscard]] std::uint64_t gaps() const { return gaps_; }

 private:
  void SendOlder(WebimLogin& login, const OlderMessages& older, WebimTurn& turn);
  void SkipGap(WebimLogin& login, std::uint64_t stored, WebimTurn& turn);
  void Deliver(WebimLogin& login, std::string_view entries, std::uint64_t end,
               std::optional<TimePoint> made_at, WebimTurn& turn);
  void Wake(Group& group, WebimTurn& turn);
  void AddToTail(Group& group, GroupMessage message);
  void ClearTail(Group& group);
  /// Looks at the polls that wait for messages of the group.
  void SendTo(Group& group, WebimTurn& turn);

  const ChannelOptions options_;
  WaitingPolls& polls_;
  AccountPolls& notices_;
  std::list<Group*> by_message_;  ///< with tails; longest without a message first
  std::size_t bytes_ = 0;
  std::vector<Group*> batches_;  ///< groups whose polls wait for a batch
  TokenBucket deliveries_;
  std::uint64_t gaps_ = 0;
};

}  // namespace rtcroom
