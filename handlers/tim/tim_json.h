// The JSON of today's IM SDKs: messages, tips, notices, groups, profiles and conversations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/channel/channel_tokens.h"
#include "daemon/channel/login_table.h"
#include "daemon/core/account_store.h"
#include "daemon/core/ids.h"
#include "daemon/core/message_store.h"
#include "daemon/core/push_notice.h"
#include "daemon/core/room.h"

namespace rtcroom::tim {

// All functions are pure. The same message has the same JSON in pushes and histories: the SDK knows
// it again by its sender, receiver, numbers and times.

/// A sender as the SDK knows it.
struct SenderFacts {
  std::string tiny_id{};       ///< `ChannelTokens::TinyIdOf` its account
  Account::Profile profile{};  ///< its nick is for messages that have none
};

/// A group, by its ID and the name that is shown.
struct GroupLabel {
  const RoomId& id;
  std::string_view name{};  ///< empty: the ID
};
GroupLabel LabelOf(const Room& room);

enum class DirectForm : std::uint8_t {
  kPlain,
  kSync,        ///< to the sender's other logins: sender and receiver change places
  kOnlineOnly,  ///< is not stored
};

/// A message between accounts: an object. @param is_read  by its receiver.
std::string DirectMessage(const StoredMessage& message, const SenderFacts& sender,
                          DirectForm form = DirectForm::kPlain, bool is_read = false);
/// A message in a group: an object. From `kFirstUnstored` on it is for those who are connected.
std::string GroupMessage(const GroupLabel& group, const StoredMessage& message,
                         const SenderFacts& sender);
/// The name of a message between accounts in the reply to its sender.
std::string DirectMessageKey(std::uint64_t seq, std::uint64_t random, TimePoint sent_at);

// Events of a push: each an object.

/// @param messages  one or more `DirectMessage`, joined by commas.
std::string DirectEvent(std::string_view messages);
/// @param messages  likewise of `GroupMessage`.
std::string GroupEvent(std::string_view messages);

/// Messages that are not stored are numbered from here on in a group, above all messages that are.
inline constexpr std::uint64_t kFirstUnstored = std::uint64_t{1} << 33;

/// The numbers are the protocol's.
enum class NoticeType : std::uint8_t {
  kRemoved = 4,
  kEnded = 5,
  kLeftElsewhere = 8,
  kBanned = 21,
  kMembersChanged = 255,
};

/// A notice to the members of a group, or to one account.
struct Notice {
  GroupLabel group;
  NoticeType type = NoticeType::kMembersChanged;
  UserId to{};               ///< which also caused it; empty: all of them
  std::uint64_t random = 0;  ///< 64 random bits
  TimePoint at{};
};
std::string NoticeEvent(const Notice& notice);

/// The event of what is not stored; empty: there is none.
/// @param tokens  give tiny IDs.
std::string EventOf(const PushNotice& notice, const ChannelTokens& tokens);

/// The numbers are the protocol's.
enum class KickType : std::uint8_t { kOtherLogin = 1, kOperator = 3 };

// Groups.

/// Whether rooms of the kind are groups with a history and unread messages, of which an account may
/// be in several: `ChatRoom`. The others are of type `AVChatRoom`.
bool IsMeeting(RoomKind kind);

/// The newest message of a room.
struct NewestInRoom {
  std::uint64_t seq = 0;                   ///< also of one that was removed; 0: there was none
  std::optional<StoredMessage> message{};  ///< nullopt: it was removed
};

/// The facts of a group: an object.
/// @param self  the caller's place in it; null: it is not in it.
std::string GroupObject(const Room& room, const NewestInRoom& newest, std::size_t members,
                        const AccountGroup* self);
/// An account in a group: an object.
std::string MemberObject(const UserId& account, TimePoint joined_at, bool is_owner,
                         const Account::Profile& profile);

// Conversations: each an object.

/// The conversation lacks the number of unread messages, which the SDK takes from elsewhere.
/// @param profile    of the peer.
/// @param peer_read  the peer has read until then; 1970: nothing.
std::string DirectConversation(const StoredMessage& newest, const UserId& peer,
                               const Account::Profile& profile, TimePoint peer_read);
std::string GroupConversation(const GroupLabel& group, const StoredMessage& newest,
                              std::uint64_t read_seq, std::uint64_t unread);

}  // namespace rtcroom::tim
