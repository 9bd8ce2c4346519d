// The pushes to one login of today's IM SDKs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/channel/push_receivers.h"
#include "handlers/tim/tim_commands.h"
#include "handlers/tim/tim_envelope.h"
#include "handlers/tim/tim_json.h"

namespace rtcroom::tim {

class Senders;
class TimSocket;

/// A group of the login.
struct JoinedGroup {
  AccountGroup place{};
  std::string name{};  ///< of the room; empty: unknown, or it has none

  [[nodiscard]] GroupLabel Label() const { return {.id = place.room.id, .name = name}; }
};

/// Delivers at least once: first what the client has not acknowledged, in order, then what comes.
/// What a room has of older messages is read from the store, by a worker; meanwhile nothing of it
/// is pushed. The login's own messages are left out.
///
/// Owned by its socket, and by `PushReceivers` from `Begin` to `End`.
///
/// @threads safe from any thread.
class LoginPushes : public PushReceiver, public std::enable_shared_from_this<LoginPushes> {
 public:
  /// Groups of a login.
  static constexpr std::size_t kMaxGroups = 16;
  /// Messages of a room that are pushed after a time away; there may be older ones in its history.
  static constexpr std::uint64_t kMaxMissed = 200;
  static constexpr std::chrono::seconds kBetweenSaves{10};

  LoginPushes(const Context& context, std::weak_ptr<TimSocket> socket, ChannelInstance login)
      : context_(context), socket_(std::move(socket)), login_(std::move(login)) {}

  [[nodiscard]] const ChannelInstance& login() const { return login_; }

  /// Begins with the groups of the login, and of its account. Call it once, on a worker. Messages
  /// wait until `Start`.
  /// @param is_resumed  it pushes what the login has not acknowledged; otherwise only what comes.
  /// @errors kStoreBusy; kStoreBroken. `End` follows.
  Status Begin(bool is_resumed) EXCLUDES(mutex_);
  /// The client has the reply to its login, and takes messages.
  void Start() EXCLUDES(mutex_);
  /// Nothing follows. Stores how much was received, unless the login has ended.
  void End() EXCLUDES(mutex_);

  /// The login is in the group; it gets the messages after what it has received.
  /// @errors kTooManyRequests when it is in too many; as `ChannelGroups::CheckAccess` when the
  ///         account may not be in it any more.
  Status Enter(const JoinedGroup& group) EXCLUDES(mutex_);
  /// The login is not in the group any more.
  /// @param notice  what its client is told; nullopt: nothing.
  /// @return its place, if it was in the group.
  std::optional<AccountGroup> Leave(std::uint64_t room_number,
                                    std::optional<NoticeType> notice = std::nullopt)
      EXCLUDES(mutex_);
  [[nodiscard]] std::optional<JoinedGroup> Find(const RoomId& group) const EXCLUDES(mutex_);
  /// The places of the login in its groups.
  [[nodiscard]] std::vector<AccountGroup> Groups() const EXCLUDES(mutex_);

  /// The next message of the account with that number is of this login.
  void ExpectOwn(std::uint64_t random) EXCLUDES(mutex_);
  /// The client has received a push. @param session  as it was in the push.
  void Acknowledge(std::string_view session) EXCLUDES(mutex_);
  /// Reads what waits in the store, as far as the client takes it.
  void ReadMissed() noexcept EXCLUDES(mutex_);
  [[nodiscard]] bool HasMissed() const EXCLUDES(mutex_);
  /// Stores how much was received.
  void Save() EXCLUDES(mutex_);
  /// Leaves rooms from which the account was banned.
  void LeaveBanned() EXCLUDES(mutex_);
  /// Whether a message between accounts came after the login began, so that it is pushed.
  [[nodiscard]] bool IsPushed(const StoredMessage& direct) const EXCLUDES(mutex_);

 private:
  // They are called as those of a `PushReceiver`.
  void OnRoomPush(std::uint64_t room_number, const std::shared_ptr<RoomPush>& push) override;
  void OnDirect(const StoredMessage& message) override { OnSent(message); }
  void OnSent(const StoredMessage& message) override;
  void OnNotice(NoticePush& push) override EXCLUDES(mutex_);
  void OnMembershipEnded(std::uint64_t room_number, LeaveReason reason) override;
  [[nodiscard]] const UserId& user_id() const override { return login_.account; }

  /// The messages that are pushed of one room, or, in a place without a room, between accounts.
  struct Stream : JoinedGroup {
    std::uint64_t pushed = 0;  ///< all up to this one
    std::uint64_t saved = 0;   ///< of `place.received`
    bool is_missing = true;    ///< what follows `pushed` is read from the store
    bool has_more = false;     ///< some came since it was last read
  };
  /// @return the places that have changed since the last call.
  std::vector<AccountGroupChange> TakeUnsaved() EXCLUDES(mutex_);
  /// It finds the meetings that the account has come into, or left, with another login.
  /// @return whether the store could be read.
  bool ReadChangedGroups() EXCLUDES(mutex_);
  /// The login is in the group of that row, if the account may be in it, and it is not in too many.
  /// @param received  by the login.
  /// @errors kStoreBusy; kStoreBroken.
  Status EnterStored(const AccountGroup& row, std::uint64_t received) EXCLUDES(mutex_);
  /// @return whether there may be more.
  bool ReadMissedOf(std::uint64_t room_number) EXCLUDES(mutex_);
  /// Reads messages after that one, or the newest where there are too many: then it sets `after`.
  Result<std::vector<StoredMessage>> ReadPage(std::uint64_t room_number,
                                              std::uint64_t& after) const;
  void WritePage(Stream& stream, const std::vector<StoredMessage>& page, Senders& senders)
      REQUIRES(mutex_);
  /// @param events  empty: nothing is written.
  void WriteEvents(Stream& stream, std::string_view events, std::optional<TimePoint> made_at)
      REQUIRES(mutex_);
  /// Whether the next push asks for a receipt: the first one after a pause, and one now and then.
  [[nodiscard]] bool AsksNow() REQUIRES(mutex_);
  [[nodiscard]] bool IsOwn(const StoredMessage& message) const REQUIRES(mutex_);
  [[nodiscard]] std::string Events(const GroupLabel& group,
                                   std::span<const RoomObject* const> objects) const;
  /// The object of a message. @param group  of one in a room.
  [[nodiscard]] std::string Render(const GroupLabel& group, const StoredMessage& message,
                                   Senders& senders) const;
  [[nodiscard]] std::string Notice(const GroupLabel& group, NoticeType type) const;
  Stream* FindLocked(std::uint64_t number) REQUIRES(mutex_);
  /// The login leaves a group that its account may not be in, either.
  void Drop(std::uint64_t room_number, NoticeType notice) EXCLUDES(mutex_);

  const Context& context_;
  const std::weak_ptr<TimSocket> socket_;  ///< owns this object
  const ChannelInstance login_;

  mutable Mutex mutex_;
  bool has_started_ GUARDED_BY(mutex_) = false;
  bool is_over_ GUARDED_BY(mutex_) = false;
  bool is_reading_ GUARDED_BY(mutex_) = false;
  bool have_groups_changed_ GUARDED_BY(mutex_) = false;  ///< since they were last read
  std::vector<Stream> streams_ GUARDED_BY(mutex_);       ///< the first one: between accounts
  std::uint64_t direct_since_ GUARDED_BY(mutex_) = 0;    ///< what follows of the first is pushed
  std::deque<std::uint64_t> own_ GUARDED_BY(mutex_);
  MonotonicTime next_ask_ GUARDED_BY(mutex_){};
};

}  // namespace rtcroom::tim
