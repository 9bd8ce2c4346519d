#include "tests/e2e/ledger_writer.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"

namespace rtcroom {
namespace {

constexpr std::size_t kMostRooms = 6;
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

LedgerWriter::LedgerWriter(std::string name, std::string_view kind, std::uint32_t seed)
    : name_(std::move(name)),
      kind_(kind),
      seats_(kind == "double_room" ? kDoubleSeats : kOtherSeats),
      random_(seed) {}

void LedgerWriter::WriteUntilCutOff(ApiClient client, std::atomic<std::size_t>& acknowledged) {
  while (true) {
    pending_ = NextChange();
    const ApiReply reply = Send(client, *pending_);
    if (reply.status == 0) return;
    EXPECT_EQ(reply.code(), kOk) << pending_->endpoint << " " << pending_->room << " "
                                 << pending_->user << ": " << reply;
    if (reply.code() != kOk) return;
    rooms_ = After(std::move(rooms_), *pending_);
    pending_.reset();
    ++acknowledged;
  }
}

void LedgerWriter::WriteUntilStopped(ApiClient client, const std::atomic<bool>& stop,
                                     WriteCounts& counts) {
  constexpr std::chrono::milliseconds kPauseAfterRefusal{2};
  while (!stop) {
    const Change change = NextChange();
    const ApiReply reply = Send(client, change);
    if (reply.code() == kInternalFailure) {
      ++counts.refused;
      std::this_thread::sleep_for(kPauseAfterRefusal);
      continue;
    }
    EXPECT_EQ(reply.code(), kOk) << change.endpoint << " " << change.room << " " << change.user
                                 << ": " << reply;
    if (reply.code() != kOk) return;
    rooms_ = After(std::move(rooms_), change);
    if (!states_.empty()) states_.push_back(rooms_);
    ++*acknowledged_;
    ++counts.acknowledged;
  }
}

void LedgerWriter::ExpectSeenBetween(std::size_t first, std::size_t last,
                                     const Ledger& stored) const {
  const Ledger own = OwnRooms(stored);
  const std::size_t end = std::min(last + 2, states_.size());
  ASSERT_LT(first, end);
  const auto from = states_.begin() + static_cast<std::ptrdiff_t>(first);
  const auto to = states_.begin() + static_cast<std::ptrdiff_t>(end);
  EXPECT_NE(std::find(from, to, own), to)
      << name_ << ": " << testing::PrintToString(own) << " was never true between change " << first
      << " and " << last << ", from " << testing::PrintToString(*from);
}

void LedgerWriter::ExpectKept(const Ledger& stored) {
  Ledger own = OwnRooms(stored);
  if (own != rooms_ && pending_) rooms_ = After(std::move(rooms_), *pending_);
  EXPECT_EQ(own, rooms_) << name_ << ": what is stored (first) is not what was acknowledged";
  rooms_ = std::move(own);
  pending_.reset();
}

Ledger LedgerWriter::OwnRooms(const Ledger& stored) const {
  Ledger own;
  std::ranges::copy_if(stored, std::inserter(own, own.end()),
                       [this](const auto& room) { return room.first.starts_with(name_); });
  return own;
}

LedgerWriter::Change LedgerWriter::NextChange() {
  if (rooms_.empty() || (rooms_.size() < kMostRooms && Draw(3) == 0)) {
    const std::string number = std::to_string(++named_);
    return {.endpoint = "create_room", .room = name_ + "r" + number, .user = name_ + "u" + number};
  }
  const auto room = std::next(rooms_.begin(), static_cast<std::ptrdiff_t>(Draw(rooms_.size())));
  return ChangeOf(room->first, room->second);
}

LedgerWriter::Change LedgerWriter::ChangeOf(const std::string& room,
                                            const std::vector<std::string>& members) {
  if (members.size() < seats_ && Draw(2) == 0) {
    const std::string newcomer = name_ + "u" + std::to_string(++named_);
    return {.endpoint = "add_pusher", .room = room, .user = newcomer};
  }
  const std::string& member = members[Draw(members.size())];
  switch (Draw(4)) {
    case 0:
      return {.endpoint = "destroy_room", .room = room, .user = members.front()};
    case 1:
      return {.endpoint = "add_pusher", .room = room, .user = member};
    default:
      return {.endpoint = "delete_pusher", .room = room, .user = member};
  }
}

Ledger LedgerWriter::After(Ledger rooms, const Change& change) {
  std::vector<std::string>& members = rooms[change.room];
  const auto seat = std::ranges::find(members, change.user);
  if (change.endpoint == "create_room" || change.endpoint == "add_pusher") {
    if (seat == members.end()) members.push_back(change.user);
  } else if (seat == members.begin()) {
    rooms.erase(change.room);  // the creator's leave ends the room, like its destroy_room
  } else {
    members.erase(seat);
  }
  return rooms;
}

ApiReply LedgerWriter::Send(ApiClient& client, const Change& change) const {
  if (change.endpoint == "create_room") {
    return client.Call(kind_, change.endpoint, CreateBody(change.user, change.room));
  }
  return client.Call(kind_, change.endpoint, PusherBody(change.room, change.user));
}

std::size_t LedgerWriter::Draw(std::size_t choices) {
  return std::uniform_int_distribution<std::size_t>(0, choices - 1)(random_);
}

}  // namespace rtcroom
