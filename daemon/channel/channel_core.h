// The state that the parts of the message channel share.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/memory_reservation.h"
#include "daemon/base/mutex.h"
#include "daemon/base/random_source.h"
#include "daemon/channel/channel_figures.h"
#include "daemon/channel/channel_options.h"
#include "daemon/channel/channel_tokens.h"
#include "daemon/channel/direct_contacts.h"
#include "daemon/channel/login_table.h"
#include "daemon/core/account_login.h"
#include "daemon/core/account_store.h"
#include "daemon/core/account_validities.h"
#include "daemon/core/ban_list.h"
#include "daemon/core/ended_login_list.h"
#include "daemon/core/ended_login_store.h"
#include "daemon/core/event_log.h"
#include "daemon/core/message_store.h"
#include "daemon/core/node_lease.h"
#include "daemon/core/removal_clock.h"
#include "daemon/core/room_store.h"

namespace rtcroom {

/// Dependencies of the channel, which they outlive.
struct ChannelDeps {
  RoomStore& rooms;
  EventLog& events;
  MessageStore& messages;
  AccountStore& accounts;  ///< for clients that poll, and for today's IM SDKs
  EndedLoginStore& end_store;
  EndedLoginList& ends;  ///< all that are stored, or are about to be
  const AccountValidities& validities;
  const BanList& bans;
  const Clock& clock;
  const Clock& dates;  ///< a `DatingClock`
  const RemovalClock& removal;
  RandomSource& random;
  Logger& logger;
  DeliveryObserver* observer = nullptr;  ///< null: none
  DirectContacts* contacts = nullptr;    ///< null: any account may be sent messages
  /// Null where no other server uses the store. Otherwise logins that are in groups are not stored
  /// in `accounts`: their keys lead them back, at any server.
  AccountLoginLog* logins = nullptr;
  const NodeLease* node = nullptr;  ///< null where no other server uses the store
  MemoryTotal* held = nullptr;      ///< gets what the channel holds in memory; null: none
  /// Whether all servers on the store read messages that are stored as they were sent; null: they
  /// do.
  std::function<bool()> may_store_plain{};
  /// Whether a client of that account breaks on messages to it that are not JSON; null: none does.
  std::function<bool(const UserId& account)> reads_json_only{};
};

/// The logins under their lock, and what follows from a change of them.
///
/// @threads safe from any thread. The lock is not held while the store is used or a client is told
///          of the end of its login.
class ChannelCore {
 public:
  ChannelCore(const ChannelDeps& core_deps, ChannelTokens core_tokens,
              const ChannelOptions& core_options);

  /// A change of the logins: holds the lock, and tells the clients after it.
  class SCOPED_CAPABILITY Turn : public ChannelTurn {
   public:
    explicit Turn(ChannelCore& core) ACQUIRE(core.mutex);
    ~Turn() RELEASE();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    ChannelCore& core_;
  };

  /// Memory of the logins, in bytes.
  [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }
  /// Takes the new ends of the turn, which are refused from here on. The caller stores them.
  std::vector<EndedLogin> TakeEnds(ChannelTurn& turn) REQUIRES(mutex);
  /// Keeps an end that could not be stored yet.
  void KeepUnstored(const EndedLogin& end) REQUIRES(mutex);
  /// The ends that were kept, at most `limit`.
  std::vector<EndedLogin> TakeUnstored(std::size_t limit) EXCLUDES(mutex);
  /// The account has received all direct messages to it up to that position.
  void Settle(const UserId& account, std::uint64_t position) REQUIRES(mutex);
  /// How far accounts have received messages, since the last call.
  std::vector<ReceivedMessages> TakeSettled() EXCLUDES(mutex);

  const ChannelDeps deps;
  const ChannelTokens tokens;
  const ChannelOptions options;
  mutable Mutex mutex;
  LoginTable logins GUARDED_BY(mutex);

 private:
  MemoryReservation memory_ GUARDED_BY(mutex);  ///< of the logins
  std::atomic<std::size_t> held_bytes_{0};
  /// The ends by account and instance.
  std::map<std::pair<UserId, std::uint64_t>, EndedLogin> unstored_ends_ GUARDED_BY(mutex);
  /// Newest received direct message of each account.
  std::unordered_map<UserId, std::uint64_t> unsettled_ GUARDED_BY(mutex);
};

}  // namespace rtcroom
