#include "tests/cluster/roaming_writer.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/cluster/call_outcome.h"
#include "tests/e2e/gen2_calls.h"

namespace rtcroom {
namespace {

constexpr std::size_t kMostRooms = 5;
constexpr std::size_t kGen2Users = 6;
constexpr std::size_t kDoubleSeats = 2;
constexpr std::size_t kOtherSeats = 4;

std::string Described(const std::vector<std::string>& members) {
  return fmt::format("[{}]", fmt::join(members, " "));
}

}  // namespace

RoamingWriter::RoamingWriter(std::string name, std::string_view kind, WriterTraits traits,
                             std::vector<int> ports, BeatingMembers& members, std::uint32_t seed)
    : name_(std::move(name)),
      kind_(kind),
      dialect_(traits.dialect),
      is_sticky_(traits.is_sticky),
      seats_(kind == "double_room" ? kDoubleSeats : kOtherSeats),
      ports_(std::move(ports)),
      members_(members),
      random_(seed) {}

void RoamingWriter::LogIn() {
  if (dialect_ == WriterDialect::kGen1) return;
  for (std::size_t i = 0; i < kGen2Users; ++i) {
    const std::string user = name_ + "p" + std::to_string(i);
    Gen2Client client(ApiClient(ports_.front()), user, kind_);
    if (const ApiReply reply = client.Login(); reply.code() != kOk) {
      throw std::runtime_error("no login of " + user + ": " + reply.text);
    }
    tokens_[user] = client.token();
  }
}

void RoamingWriter::Write(const std::stop_token& stop) {
  constexpr std::chrono::milliseconds kPause{10};
  std::vector<ApiClient> nodes;
  nodes.reserve(ports_.size());
  for (const int port : ports_) nodes.emplace_back(port);
  std::size_t node = Draw(nodes.size());
  while (!stop.stop_requested() && faults_.empty()) {
    const bool has_answered = Make(nodes[node], NextChange());
    if (!is_sticky_ || !has_answered) node = Draw(nodes.size());
    std::this_thread::sleep_for(kPause);  // the rate of changes
  }
}

bool RoamingWriter::Make(ApiClient& client, const Change& change) {
  const auto room = rooms_.find(change.room);
  const Members before = room == rooms_.end() ? Members{} : room->second;
  const bool removes = change.endpoint == "delete_pusher" || change.endpoint == "destroy_room";
  if (removes) members_.SetLeaving(change.room, true);
  const std::int64_t begun_ms = NowMs();
  const ApiReply reply = Send(client, change);
  if (reply.code() == kOk) {
    Book(change, After(before, change), begun_ms);
    return true;
  }
  const std::string what =
      fmt::format("{} {} of {} at {} (ms): HTTP {} {}", change.endpoint, change.user, change.room,
                  begun_ms, reply.status, reply.text);
  const CallOutcome outcome = OutcomeOf(reply);
  if (outcome == CallOutcome::kNotDone) {
    refusals_.push_back(what);
    if (removes) members_.SetLeaving(change.room, false);
    return false;
  }
  if (outcome == CallOutcome::kAnswered) {
    faults_.push_back(fmt::format("{}, with {} there", what, Described(before)));
    return true;
  }
  ++unknown_count_;
  if (!removes) Follow(change.room, change.user, begun_ms, true);
  unknown_[change.room] = {.before = before, .after = After(before, change), .what = what};
  rooms_.erase(change.room);
  return false;
}

void RoamingWriter::Book(const Change& change, Members after, std::int64_t begun_ms) {
  ++acknowledged_;
  if (after.empty()) {
    members_.RemoveRoom(change.room);
    rooms_.erase(change.room);
    return;
  }
  if (change.endpoint == "delete_pusher") {
    members_.Remove(change.room, change.user);
    members_.SetLeaving(change.room, false);
  } else {
    Follow(change.room, change.user, begun_ms, false);
  }
  rooms_[change.room] = std::move(after);
}

std::vector<std::string> RoamingWriter::TakeStock(const Ledger& stored,
                                                  const std::set<std::string>& excused) {
  std::vector<std::string> faults = std::exchange(faults_, {});
  const auto is_stored = [&](const std::string& room) {
    const auto found = stored.find(room);
    return found == stored.end() ? Members{} : found->second;
  };
  for (const auto& [room, members] : rooms_) {
    const Members found = is_stored(room);
    if (found == members || excused.contains(room)) continue;
    faults.push_back(fmt::format("room {}: stored {}, acknowledged {}", room, Described(found),
                                 Described(members)));
  }
  for (const auto& [room, change] : unknown_) {
    const Members found = is_stored(room);
    if (found == change.before || found == change.after || excused.contains(room)) continue;
    faults.push_back(fmt::format("room {}: stored {}, acknowledged {}, then perhaps {} ({})", room,
                                 Described(found), Described(change.before),
                                 Described(change.after), change.what));
  }
  Ledger own;
  for (const auto& [room, members] : stored) {
    if (!room.starts_with(name_)) continue;
    own.emplace(room, members);
    if (rooms_.contains(room) || unknown_.contains(room)) continue;
    faults.push_back(
        fmt::format("room {}: stored {}, but it was destroyed", room, Described(members)));
  }
  std::set<std::string> anew = excused;
  for (const auto& [room, change] : unknown_) anew.insert(room);
  const std::int64_t now_ms = NowMs();
  for (const std::string& room : anew) {
    if (!room.starts_with(name_)) continue;
    members_.RemoveRoom(room);
    for (const std::string& user : is_stored(room)) Follow(room, user, now_ms, false);
  }
  unknown_.clear();
  rooms_ = std::move(own);
  return faults;
}

RoamingWriter::Change RoamingWriter::NextChange() {
  if (rooms_.empty() || (rooms_.size() < kMostRooms && Draw(3) == 0)) {
    return {.endpoint = "create_room",
            .room = name_ + "r" + std::to_string(++named_),
            .user = Newcomer({})};
  }
  const auto& [room, members] =
      *std::next(rooms_.begin(), static_cast<std::ptrdiff_t>(Draw(rooms_.size())));
  if (members.size() < seats_ && Draw(2) == 0) {
    return {.endpoint = "add_pusher", .room = room, .user = Newcomer(members)};
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

std::string RoamingWriter::Newcomer(const Members& present) {
  if (dialect_ == WriterDialect::kGen1) return name_ + "u" + std::to_string(++named_);
  std::vector<std::string> absent;
  for (const auto& [user, token] : tokens_) {
    if (std::ranges::find(present, user) == present.end()) absent.push_back(user);
  }
  return absent[Draw(absent.size())];
}

RoamingWriter::Members RoamingWriter::After(Members members, const Change& change) {
  const auto seat = std::ranges::find(members, change.user);
  if (change.endpoint == "create_room" || change.endpoint == "add_pusher") {
    if (seat == members.end()) members.push_back(change.user);
  } else if (seat == members.begin()) {
    members.clear();  // the creator's leave ends the room, like its destroy_room
  } else {
    members.erase(seat);
  }
  return members;
}

ApiReply RoamingWriter::Send(ApiClient& client, const Change& change) const {
  ApiRequest request;
  // In gen-2 the first who joins makes the room.
  const bool creates = change.endpoint == "create_room";
  const std::string endpoint =
      creates && dialect_ == WriterDialect::kGen2 ? "add_pusher" : change.endpoint;
  request.target = "/weapp/" + kind_ + "/" + endpoint + QueryOf(change.user);
  request.body = (endpoint == "create_room" ? CreateBody(change.user, change.room)
                                            : PusherBody(change.room, change.user))
                     .dump();
  return client.Send(request);
}

void RoamingWriter::Follow(const std::string& room, const std::string& user, std::int64_t since_ms,
                           bool leaving) {
  members_.Add({.kind = kind_,
                .room = room,
                .user = user,
                .query = QueryOf(user),
                .is_sticky = is_sticky_,
                .leaving = leaving},
               since_ms);
}

std::string RoamingWriter::QueryOf(const std::string& user) const {
  const auto token = tokens_.find(user);
  return token == tokens_.end() ? "" : "?userID=" + user + "&token=" + token->second;
}

std::size_t RoamingWriter::Draw(std::size_t choices) {
  return std::uniform_int_distribution<std::size_t>(0, choices - 1)(random_);
}

}  // namespace rtcroom
