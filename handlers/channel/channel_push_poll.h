// The poll of a new client of the message channel that can open no WebSocket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/channel/push_receivers.h"
#include "handlers/channel/channel_login.h"
#include "handlers/channel/channel_socket.h"
#include "handlers/shared/protocol_handler.h"

namespace rtcroom {

/// One poll: it answers requests, reads its rooms from their cursors on, and waits for the first
/// push if that yields nothing. Nothing outlives it.
///
/// Owned by `PushReceivers` and by its call while it waits.
///
/// @threads safe from any thread.
/// @source docs/channel-socket.md, 6.
class PushPoll : public PushReceiver, public std::enable_shared_from_this<PushPoll> {
 public:
  explicit PushPoll(const SocketContext& context) : context_(context) {}

  /// Checks the login and reads the poll; changes nothing. Call it once, before all others. May
  /// wait for the store.
  /// @param address  of the client.
  /// @errors those of the login, and of a malformed poll.
  Status Read(const nlohmann::ordered_json& body, std::string_view address);
  /// The number of its requests and rooms.
  [[nodiscard]] std::size_t size() const { return requests_.size() + rooms_.size(); }
  /// Answers the requests and reads the rooms; blocks as long as they do.
  /// @param take_over  gives the right to answer, which is used once, perhaps later.
  void Begin(const std::function<PollReply()>& take_over) EXCLUDES(mutex_);

  void OnRoomPush(std::uint64_t room_number, const std::shared_ptr<RoomPush>& push) override;
  void OnDirect(const StoredMessage& message) override;
  void OnNotice(NoticePush& push) override;
  void OnRoomList(RoomListPush& push) override;
  void OnEventsLost() override;
  void OnBans() override;
  void OnMembershipEnded(std::uint64_t room_number, LeaveReason reason) override;
  MonotonicTime OnTick(MonotonicTime now) override EXCLUDES(mutex_);
  [[nodiscard]] const UserId& user_id() const override { return login_.account; }

 private:
  /// A room that the poll asks about.
  struct PolledRoom {
    RoomKey key{};
    std::string cursor{};      ///< as sent
    std::uint64_t number = 0;  ///< 0: it cannot be read
    Status opened{};
    std::string head{};   ///< the beginning of its object, without the closing brace
    std::string entry{};  ///< the object
    RoomCursor at{};

    /// @param members  the rest of its object.
    void Fill(std::string_view members) { entry = head + "," + std::string(members) + "}"; }
    void Refuse(const Error& error);
  };

  void OpenRooms();
  void AnswerRequests();
  /// The reply to `watch` or `unwatch`.
  Result<JsonText> ChangeWatched(const VerbRequest& request);
  /// @return false when it is to be answered now.
  bool Wait() EXCLUDES(mutex_);
  /// Reads rooms and direct messages.
  /// @return whether there is something to say.
  bool ReadAll();
  bool ReadRoom(PolledRoom& room);
  bool ReadDirects();
  /// Adds a push of a list or a notice.
  void AddPush(std::string_view object) EXCLUDES(mutex_);
  /// Something has come that was not read.
  /// @param write  adds it to a poll that waits, and returns whether that is answered now.
  template <typename Write>
  void Wake(Write write) EXCLUDES(mutex_);
  /// Whether the client is to be reminded of its heartbeats.
  [[nodiscard]] bool IsToBeat() const;
  void Finish() EXCLUDES(mutex_);
  [[nodiscard]] std::string Body() const;

  const SocketContext& context_;

  // Written by `Read` and `Begin`; while it waits, with the lock held.
  std::string address_;
  ChannelLogin login_;
  bool is_set_back_ = false;  ///< `login_.direct` is less than the client's
  std::vector<PolledRoom> rooms_;
  std::vector<nlohmann::ordered_json> requests_;
  std::string replies_;       ///< objects, joined by commas
  bool has_answers_ = false;  ///< `replies_` has more than that lists are watched
  std::string pushes_;        ///< as `replies_`
  std::vector<RoomListKey> watched_;
  bool misses_directs_ = false;  ///< direct messages could not be read
  MonotonicTime due_{};
  MonotonicTime next_beat_{};  ///< when it is answered, if its user has a seat and it asks for that

  Mutex mutex_;
  bool is_waiting_ GUARDED_BY(mutex_) = false;
  bool is_woken_ GUARDED_BY(mutex_) = false;
  /// Pushes of lists and notices, as `pushes_`; some come before it waits.
  std::string list_pushes_ GUARDED_BY(mutex_);
  PollReply reply_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
