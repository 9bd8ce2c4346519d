#include "tests/e2e/room_changes.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"

namespace rtcroom {
namespace {

constexpr std::size_t kMostRooms = 5;
constexpr std::size_t kDoubleSeats = 2;
constexpr std::size_t kOtherSeats = 4;

}  // namespace

Ledger StoredRooms(ApiClient& client, std::string_view kind) {
  const ApiReply reply = client.Call(kind, "get_room_list", {{"index", 0}, {"cnt", 200}});
  EXPECT_EQ(reply.code(), kOk) << reply;
  Ledger rooms;
  if (reply.code() != kOk) return rooms;
  for (const nlohmann::json& room : reply.json["rooms"]) {
    std::vector<std::string>& members = rooms[room.value("roomID", "")];
    for (const nlohmann::json& pusher : room["pushers"]) {
      members.push_back(pusher.value("userID", ""));
    }
  }
  return rooms;
}

RoomChanges::RoomChanges(RoomChangesOptions options)
    : own_(std::move(options)),
      seats_(own_.kind == "double_room" ? kDoubleSeats : kOtherSeats),
      random_(own_.seed) {}

RoomChanges::Change RoomChanges::Next(const Ledger& rooms) {
  Change change = AnyChange(rooms);
  const auto room = rooms.find(change.subject);
  change.after = After(room == rooms.end() ? Value{} : room->second, change);
  change.what = change.endpoint + " " + change.user;
  return change;
}

RoomChanges::Change RoomChanges::AnyChange(const Ledger& rooms) {
  if (rooms.empty() || (rooms.size() < kMostRooms && Draw(3) == 0)) {
    return {.endpoint = "create_room",
            .subject = own_.name + "r" + std::to_string(++named_),
            .user = Newcomer({})};
  }
  const auto& [room, members] =
      *std::next(rooms.begin(), static_cast<std::ptrdiff_t>(Draw(rooms.size())));
  if (members.size() < seats_ && Draw(2) == 0) {
    return {.endpoint = "add_pusher", .subject = room, .user = Newcomer(members)};
  }
  const std::string& member = members[Draw(members.size())];
  switch (Draw(4)) {
    case 0:
      return {.endpoint = "destroy_room", .subject = room, .user = members.front()};
    case 1:
      return {.endpoint = "add_pusher", .subject = room, .user = member};
    default:
      return {.endpoint = "delete_pusher", .subject = room, .user = member};
  }
}

std::string RoomChanges::Newcomer(const Value& present) {
  if (own_.tokens.empty()) return own_.name + "u" + std::to_string(++named_);
  std::vector<std::string> absent;
  for (const auto& [user, token] : own_.tokens) {
    if (std::ranges::find(present, user) == present.end()) absent.push_back(user);
  }
  return absent[Draw(absent.size())];
}

RoomChanges::Value RoomChanges::After(Value members, const Change& change) {
  const auto seat = std::ranges::find(members, change.user);
  if (!change.Removes()) {
    if (seat == members.end()) members.push_back(change.user);
  } else if (seat == members.begin()) {
    members.clear();  // the creator's leave ends the room, like its destroy_room
  } else {
    members.erase(seat);
  }
  return members;
}

ApiReply RoomChanges::Send(ApiClient& client, const Change& change) const {
  const bool creates = change.endpoint == "create_room";
  // In gen-2 the first who joins makes the room.
  const std::string endpoint = creates && !own_.tokens.empty() ? "add_pusher" : change.endpoint;
  return client.Call(
      own_.kind, endpoint,
      creates ? CreateBody(change.user, change.subject) : PusherBody(change.subject, change.user),
      QueryOf(change.user));
}

std::string RoomChanges::QueryOf(const std::string& user) const {
  const auto token = own_.tokens.find(user);
  return token == own_.tokens.end() ? "" : "userID=" + user + "&token=" + token->second;
}

std::string RoomChanges::AnyQuery() const {
  return own_.tokens.empty() ? "" : QueryOf(own_.tokens.begin()->first);
}

std::size_t RoomChanges::Draw(std::size_t choices) {
  return std::uniform_int_distribution<std::size_t>(0, choices - 1)(random_);
}

std::deque<RoomRecorder> RoomRecorders(std::size_t count, std::mt19937& random) {
  std::deque<RoomRecorder> recorders;
  for (std::size_t i = 0; i < count; ++i) {
    recorders.emplace_back(RoomChanges({.name = "w" + std::to_string(i) + "_",
                                        .kind = std::string(kKinds.at(i % kKinds.size())),
                                        .seed = static_cast<std::uint32_t>(random())}));
  }
  return recorders;
}

void ExpectKept(ApiClient& client, std::deque<RoomRecorder>& recorders) {
  std::map<std::string, Ledger> stored;
  for (const std::string_view kind : kKinds) {
    stored[std::string(kind)] = StoredRooms(client, kind);
  }
  for (RoomRecorder& recorder : recorders) {
    EXPECT_THAT(recorder.Settle(stored[recorder.source().kind()]), testing::IsEmpty());
  }
}

}  // namespace rtcroom
