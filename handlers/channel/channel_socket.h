// The connection of a new client of the message channel: a WebSocket.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/random_source.h"
#include "daemon/channel/push_receivers.h"
#include "daemon/core/seated_users.h"
#include "handlers/channel/channel_login.h"
#include "handlers/channel/channel_verbs.h"
#include "handlers/channel/request_socket.h"
#include "handlers/shared/pending_calls.h"

namespace rtcroom {

/// Close codes of the channel's socket, besides those of `close_code` and `RequestSocket`.
/// @source docs/channel-socket.md, 5.
namespace socket_code {
inline constexpr std::uint16_t kOtherLogin = 4001;
inline constexpr std::uint16_t kLoginRefused = 4003;
inline constexpr std::uint16_t kTooSlow = 4009;
}  // namespace socket_code

/// How often a client with a seat is reminded of its heartbeats, if it asks for that: its own
/// timers may be slowed down.
inline constexpr std::chrono::milliseconds kBeatPeriod{10'000};
inline constexpr std::string_view kBeatPush = R"({"beat":{}})";

/// Uniform, from 0 up to but not including `most`.
inline std::chrono::milliseconds SpreadOver(std::chrono::milliseconds most, RandomSource& random) {
  return std::chrono::milliseconds(RandomUint32(random) % most.count());
}

/// Dependencies of sockets and polls, which they outlive.
struct SocketContext {
  RequestSocketDeps socket;
  VerbContext verbs;
  LoginChecks logins;
  const SeatedUsers& seated;
  PendingCalls& calls;  ///< of polls
};

/// Answers requests, and writes what is pushed.
///
/// A subscription begins as `is_joining`: pushes are kept, while its request reads the room; then
/// reply and kept pushes are written in one step, from the position of the reply on. So each event
/// reaches the client once and in order, and nothing is read or written for long under the lock.
///
/// @threads safe from any thread.
/// @source docs/channel-socket.md.
class ChannelSocket : public RequestSocket {
 public:
  ChannelSocket(const SocketContext& context, std::string peer_address);

  void OnRoomPush(std::uint64_t room_number, const std::shared_ptr<RoomPush>& push) override;
  void OnDirect(const StoredMessage& message) override;
  void OnNotice(NoticePush& push) override;
  void OnRoomList(RoomListPush& push) override;
  void OnBans() override;
  void OnMembershipEnded(std::uint64_t room_number, LeaveReason reason) override;
  [[nodiscard]] const UserId& user_id() const override { return login_.account; }

 private:
  struct Request {
    std::uint64_t id = 0;
    const Verb* verb = nullptr;
    nlohmann::ordered_json fields{};
    MonotonicTime begun{};
  };
  struct Subscription {
    RoomKey key{};
    std::uint64_t number = 0;
    RoomCursor at{};
    bool is_joining = true;
    bool has_lost = false;  ///< more pushes came while it was joining than are kept
    std::vector<std::shared_ptr<RoomPush>> kept{};
  };

  [[nodiscard]] std::shared_ptr<ChannelSocket> Self() {
    return std::static_pointer_cast<ChannelSocket>(shared_from_this());
  }

  bool Run(std::string_view text) override EXCLUDES(mutex_);
  void OnDrain() override;
  void OnEnd() override EXCLUDES(mutex_);
  MonotonicTime OnTime(MonotonicTime now) override EXCLUDES(mutex_);
  [[nodiscard]] bool HasMissed() const override EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return is_connected_ && has_directs_;
  }
  /// Pushes the direct messages that have come, until no more are known or much is unsent.
  void ReadMissed() noexcept override EXCLUDES(mutex_);
  void OnKicked() noexcept;

  void Execute(const Request& request) noexcept EXCLUDES(mutex_);
  void ChargeReply(std::string_view reply) const;
  Status Answer(const Request& request) EXCLUDES(mutex_);
  /// Answers a failure, records the request, and closes after a `connect` that was refused.
  void Finish(const Request& request, const Status& outcome) EXCLUDES(mutex_);
  Status Connect(const Request& request) EXCLUDES(mutex_);
  Status Subscribe(const Request& request) EXCLUDES(mutex_);
  Status ReadSubscribed(const Request& request, const RoomKey& key, std::uint64_t number,
                        const std::string& cursor) EXCLUDES(mutex_);
  /// After a failure that passes, a message to the room gets that failure, and no refusal.
  void NoteSubscribed(const Request& request, const Status& outcome) EXCLUDES(mutex_);
  Status Unsubscribe(const Request& request) EXCLUDES(mutex_);
  Status Watch(const Request& request) EXCLUDES(mutex_);
  Status Unwatch(const Request& request) EXCLUDES(mutex_);
  Status Call(const Request& request) EXCLUDES(mutex_);

  void ReadDirects() EXCLUDES(mutex_);
  void CheckLogin(bool with_token) EXCLUDES(mutex_);
  Subscription* FindLocked(std::uint64_t number) REQUIRES(mutex_);
  /// @return the numbers of the removed ones.
  std::vector<std::uint64_t> RemoveLocked(const RoomKey& key) REQUIRES(mutex_);
  void ForgetFailedLocked(const RoomKey& key) REQUIRES(mutex_);
  /// Ends a subscription, and says why. Call `PushReceivers::Unsubscribe` afterwards.
  void KickLocked(const RoomKey& key, std::string_view reason) REQUIRES(mutex_);
  /// Writes what a subscription has not received yet.
  void PushLocked(Subscription& subscription, const RoomPush::Part& part) REQUIRES(mutex_);

  const SocketContext& context_;
  const MonotonicTime opened_;
  ChannelLogin login_;  ///< written by the first `connect`, before `is_connected_`

  mutable Mutex mutex_;
  bool is_over_ GUARDED_BY(mutex_) = false;  ///< the connection has ended
  MonotonicTime next_beat_ GUARDED_BY(mutex_);
  bool is_connected_ GUARDED_BY(mutex_) = false;
  std::optional<ChannelInstance> instance_ GUARDED_BY(mutex_);
  std::vector<Subscription> subscriptions_ GUARDED_BY(mutex_);
  /// Rooms that are not subscribed because the store was away, or for the like; the newest 16.
  std::vector<CallersRoom> failed_ GUARDED_BY(mutex_);
  std::uint64_t direct_at_ GUARDED_BY(mutex_) = 0;  ///< newest direct message that was pushed
  bool has_directs_ GUARDED_BY(mutex_) = true;      ///< some have come that were not pushed
  bool reads_directs_ GUARDED_BY(mutex_) = false;
};

}  // namespace rtcroom
