// A login whose client is an IM SDK of 2018, and the group that it is in.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/channel/channel_groups.h"
#include "daemon/channel/channel_tokens.h"
#include "daemon/core/ids.h"
#include "handlers/webim/waiting_polls.h"
#include "handlers/webim/webim_json.h"

namespace rtcroom {

/// A system notice or a direct message that waits for the poll of an account.
struct InboxEntry {
  std::string text{};
  std::uint64_t given = 0;     ///< number of the first answer that carried it; 0: none has
  std::uint64_t position = 0;  ///< of a direct message; 0 for a system notice
  std::size_t sender = 0;      ///< of a direct message: a hash
  std::uint64_t changed = 0;   ///< of a notice of changed members: the room's number
  std::optional<TimePoint> made_at{};
};

struct AccountInbox {
  std::list<InboxEntry> entries{};  ///< those that were given come first
  std::size_t bytes = 0;
  std::optional<std::list<WebimLogin*>::iterator> by_wait{};  ///< while it has direct messages
  InFlight in_flight{};
  MonotonicTime polled_at{};     ///< or when the login became known, before its first poll
  std::uint64_t notice_seq = 0;  ///< number of the newest answer with notices
  bool needs_pending = true;
  std::uint64_t pending_until = 0;  ///< position of the newest message that was pending
  std::uint64_t received = 0;       ///< position of the newest direct message that was confirmed
  /// The newest direct message that was given and then given up.
  struct {
    std::uint64_t number = 0;  ///< as `InboxEntry::given`
    std::uint64_t position = 0;
  } dropped{};
};

/// A message of a group as polls carry it.
struct GroupMessage {
  std::uint64_t seq = 0;
  std::string entry{};
  TimePoint sent_at{};
};

/// The group of a room, while a login is in it.
struct Group {
  GroupFacts facts{};
  std::vector<WebimLogin*> logins{};  ///< that are in it
  std::size_t hearing = 0;            ///< those of them that are subscribed to the room
  bool is_complete = false;           ///< these supply all messages after `facts.last_seq`
  std::deque<GroupMessage> tail{};    ///< without gaps; ends with `facts.last_seq` unless empty
  std::size_t tail_bytes = 0;
  std::list<Group*>::iterator by_message{};   ///< while it has a tail
  std::unordered_set<WebimLogin*> waiting{};  ///< to be looked at with the next message
  std::optional<MonotonicTime> batch_at{};    ///< set: its polls wait until then
};

/// The place of a login in a group.
struct Membership {
  Group* group = nullptr;
  std::size_t place = 0;    ///< in `Group::logins`
  bool is_hearing = false;  ///< subscribed to the room
  TimePoint joined_at{};
  std::uint64_t joined_seq = 0;  ///< as the key says
  std::string key{};
  std::uint64_t confirmed = 0;  ///< the client has all messages before this one
  std::uint64_t given = 0;      ///< all before this one were in an answer
  std::uint64_t event_at = 0;   ///< number of the newest event that it has heard of; 0: none
  InFlight in_flight{};
};

/// It may be in one group.
struct WebimLogin {
  /// A client that polls comes back within that time.
  static constexpr std::chrono::seconds kComesBack{10};

  ChannelInstance claims{};
  std::shared_ptr<WebimClient> client{};  ///< receives its pushes; null: none. See there
  MonotonicTime seen_at{};                ///< its newest poll or join, or answer to a poll
  LoginPolls account_polls{};
  LoginPolls room_polls{};
  AccountInbox inbox{};
  std::optional<Membership> room{};
  bool is_new_in_groups = true;  ///< it has joined and quit none since this process started
  bool knows_group = false;      ///< `room` is what its client has joined
  std::uint64_t key_serial = 0;  ///< of its newest key that is known

  [[nodiscard]] bool IsIn(std::uint64_t room_number) const {
    return room && room->group->facts.number == room_number;
  }
  /// Whether it is in the group of a live room of gen-2: its client breaks on messages that are not
  /// JSON.
  [[nodiscard]] bool IsInGen2LiveRoom() const {
    if (!room) return false;
    const GroupFacts& facts = room->group->facts;
    return facts.room.kind == RoomKind::kLive && facts.dialect == Dialect::kGen2;
  }
  [[nodiscard]] std::size_t polls() const {
    return account_polls.waiting.size() + room_polls.waiting.size();
  }
  /// Whether its client polls, or has called or been answered so shortly before that it will.
  [[nodiscard]] bool IsPolling(MonotonicTime now) const {
    return now - seen_at < kComesBack || polls() > 0;
  }
  /// The serial of its next key: keys of later joins have greater ones.
  [[nodiscard]] std::uint64_t NextKeySerial(TimePoint now) {
    key_serial = std::max(key_serial + 1, Microseconds(now));
    return key_serial;
  }
  /// Whether a key with that serial leads into its group without a join: since this process started
  /// the login has joined and quit none, and no poll came with this key or a newer one.
  [[nodiscard]] bool IsLedBackBy(std::uint64_t serial) const {
    return is_new_in_groups && key_serial < serial;
  }
  /// That key leads nowhere; a newer one may. @return whether it was to lead back.
  bool RefuseKey(std::uint64_t serial) {
    if (!IsLedBackBy(serial)) return false;
    key_serial = serial;
    knows_group = true;
    return true;
  }
};

/// @threads for one thread at a time.
class WebimLogins {
 public:
  /// Null when there is none.
  [[nodiscard]] WebimLogin* Find(std::uint64_t instance) const {
    const auto found = logins_.find(instance);
    return found == logins_.end() ? nullptr : found->second.get();
  }
  /// @param claims  of a login that is not known.
  WebimLogin& Add(const ChannelInstance& claims) {
    WebimLogin& login = *(logins_[claims.instance] = std::make_unique<WebimLogin>());
    login.claims = claims;
    return login;
  }
  void Remove(const WebimLogin& login) { logins_.erase(login.claims.instance); }

 private:
  std::unordered_map<std::uint64_t, std::unique_ptr<WebimLogin>> logins_;
};

}  // namespace rtcroom
