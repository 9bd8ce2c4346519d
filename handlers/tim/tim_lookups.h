// Look-ups that several commands of today's IM SDKs use.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/base/json_text.h"
#include "daemon/base/result.h"
#include "daemon/core/account_store.h"
#include "daemon/core/ids.h"
#include "daemon/core/room.h"
#include "handlers/tim/tim_commands.h"
#include "handlers/tim/tim_json.h"

namespace rtcroom::tim {

/// The IDs, names and pictures that messages carry of their senders, each looked up once.
///
/// @threads for one thread.
class Senders {
 public:
  /// @param context  outlives this object.
  explicit Senders(const Context& context) : context_(context) {}

  const SenderFacts& Of(const UserId& account);

 private:
  const Context& context_;
  std::unordered_map<UserId, SenderFacts> known_;
};

/// The places of the caller, one for each group: in a meeting that of its account, in others that
/// of this login; by the time of the join.
/// @errors kStoreBusy; kStoreBroken.
Result<std::vector<AccountGroup>> OwnPlaces(const ChannelInstance& caller, const Context& context);
/// The places in meetings only. @errors likewise.
Result<std::vector<AccountGroup>> OwnMeetings(const ChannelInstance& caller,
                                              const Context& context);

/// Removes what is stored of logins that have ended. @param rows  of one account and its logins.
void RemoveEnded(const Context& context, std::vector<AccountGroup> rows);

/// The one of these places that is in that room, or null.
const AccountGroup* FindPlace(std::span<const AccountGroup> places, std::uint64_t room_number);

/// The room of a place, if the caller may be in its group now.
/// @errors kRoomNotFound when it has ended; kNotAllowed; kStoreBusy; kStoreBroken.
Result<Room> FindRoomOf(const ChannelInstance& caller, const Context& context,
                        const AccountGroup& place);

/// A group that the caller is in.
struct OwnGroup {
  Room room{};
  AccountGroup place{};
};
/// The one that `GroupId` names. Read all other fields before.
/// @errors those of the fields; kNotAllowed for a caller that is not in the group, or may not be
///         any more; kRoomNotFound; kStoreBusy; kStoreBroken.
Result<OwnGroup> FindOwnGroup(const Request& request, const Context& context);

/// The time until which that account has read; 1970: nothing.
TimePoint ReadUntil(std::span<const ReadPosition> positions, const UserId& reader);

/// @errors kRoomNotFound; kStoreBusy; kStoreBroken.
Result<NewestInRoom> ReadNewest(const Context& context, std::uint64_t room_number);

/// About how long a reply may get: a socket with more to send is closed.
inline constexpr std::size_t kMaxReplyBytes = std::size_t{64} << 10;
/// The bound for a reply about accounts that the request names. Only many escapes make one so long.
inline constexpr std::size_t kMaxNamedBytes = std::size_t{256} << 10;

/// How many of the first of these messages a reply has; one at least, unless there is none.
std::size_t CountFitting(Senders& senders, std::span<const StoredMessage> messages);

/// The time from the beginning of a second to its last millisecond.
inline constexpr std::chrono::milliseconds kLastOfSecond{999};

/// A time as requests give it, in seconds since 1970; the latest one is in the year 33,658.
TimePoint TimeOf(std::uint64_t seconds);

}  // namespace rtcroom::tim
