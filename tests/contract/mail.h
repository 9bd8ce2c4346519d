// Calls of a store's messages that must succeed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/storage.h"
#include "tests/support/matchers.h"
#include "tests/support/messages.h"
#include "tests/support/rooms.h"

namespace rtcroom {

class Mail {
 public:
  explicit Mail(Storage& store) : store_(store) {}

  /// @return the number of the new room.
  std::uint64_t CreateRoom(const std::string& id = "r1") {
    const auto created = Apply(store_, Creating(MakeRoom(RoomKind::kMulti, id)));
    EXPECT_OK(created);
    return created ? created->room.sequence : 0;
  }
  void DestroyRoom(const std::string& id = "r1", TimePoint now = kNoon) {
    EXPECT_OK(Apply(store_, Destroying(MakeKey(RoomKind::kMulti, id), "creator", now)));
  }
  StoredMessage AppendTo(std::uint64_t room, const std::string& body, TimePoint sent_at = kNoon) {
    return Checked(store_.messages().AppendMessage(
        {.room_number = room, .content = MakeMessage("amy", body, sent_at)}));
  }
  StoredMessage Send(const std::string& from, const std::string& to, const std::string& body,
                     TimePoint sent_at = kNoon) {
    return Checked(store_.messages().AppendMessage(
        {.receiver = {to}, .content = MakeMessage(from, body, sent_at)}));
  }
  void Settle(const std::string& receiver, std::uint64_t position) {
    EXPECT_OK(SettleMessages(store_.messages(), receiver, position));
  }
  std::size_t Trim(const MessageRetention& retention) {
    return Checked(store_.messages().TrimMessages(retention));
  }

  std::vector<StoredMessage> All(std::uint64_t after = 0) {
    return Checked(store_.messages().ReadMessages(after, 1000));
  }
  std::uint64_t Newest() { return Checked(store_.messages().NewestMessage()); }
  std::uint64_t NewestIn(std::uint64_t room) {
    return Checked(store_.messages().NewestRoomMessage(room));
  }
  std::vector<StoredMessage> InRoom(std::uint64_t room, std::uint64_t first = 1,
                                    std::size_t limit = 1000) {
    return Checked(store_.messages().ReadRoomMessages(room, first, limit));
  }

  // Bodies only.
  std::vector<std::string> Between(const std::string& one, const std::string& other,
                                   std::optional<std::uint64_t> before = {},
                                   std::size_t limit = 1000) {
    return BodiesOf(Checked(store_.messages().ReadDirectMessages({one}, {other}, before, limit)));
  }
  std::vector<std::string> Pending(const std::string& receiver, TimePoint since = {},
                                   std::size_t limit = 1000) {
    return BodiesOf(Checked(store_.messages().ReadPendingMessages({receiver}, since, limit)));
  }
  std::vector<std::string> Conversations(const std::string& user, std::size_t limit = 100) {
    return BodiesOf(Checked(store_.messages().ReadConversations({user}, limit)));
  }

 private:
  template <typename T>
  static T Checked(const Result<T>& outcome) {
    EXPECT_OK(outcome);
    return outcome ? *outcome : T();
  }

  Storage& store_;
};

}  // namespace rtcroom
