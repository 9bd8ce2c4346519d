#include "tests/cluster/roaming_writer.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <stdexcept>
#include <thread>
#include <utility>

#include "tests/e2e/gen2_calls.h"

namespace rtcroom {
namespace {

/// The tokens of the users of a gen-2 writer.
std::map<std::string, std::string> LogInUsers(int port, const std::string& name,
                                              std::string_view kind) {
  constexpr std::size_t kUsers = 6;
  std::map<std::string, std::string> tokens;
  for (std::size_t i = 0; i < kUsers; ++i) {
    const std::string user = name + "p" + std::to_string(i);
    Gen2Client client(ApiClient(port), user, kind);
    if (const ApiReply reply = client.Login(); reply.code() != kOk) {
      throw std::runtime_error("no login of " + user + ": " + reply.text);
    }
    tokens[user] = client.token();
  }
  return tokens;
}

}  // namespace

RoamingWriter::RoamingWriter(const std::string& name, std::string_view kind, WriterTraits traits,
                             std::vector<int> ports, BeatingMembers& members, std::uint32_t seed)
    : recorder_(RoomChanges({.name = name,
                             .kind = std::string(kind),
                             .seed = seed,
                             .tokens = traits.dialect == WriterDialect::kGen2
                                           ? LogInUsers(ports.front(), name, kind)
                                           : std::map<std::string, std::string>()})),
      is_sticky_(traits.is_sticky),
      ports_(std::move(ports)),
      members_(members),
      random_(seed) {}

void RoamingWriter::Write(const std::stop_token& stop) {
  constexpr std::chrono::milliseconds kPause{10};
  std::vector<ApiClient> nodes;
  nodes.reserve(ports_.size());
  for (const int port : ports_) nodes.emplace_back(port);
  std::size_t node = DrawNode();
  while (!stop.stop_requested() && faults_.empty()) {
    const bool has_answered = Make(nodes[node], recorder_.Next());
    if (!is_sticky_ || !has_answered) node = DrawNode();
    std::this_thread::sleep_for(kPause);  // the rate of changes
  }
}

bool RoamingWriter::Make(ApiClient& client, const RoomChanges::Change& change) {
  if (change.Removes()) members_.SetLeaving(change.subject, true);
  const std::int64_t begun_ms = NowMs();
  MadeChange made = recorder_.Make(client, change);
  switch (made.outcome) {
    case ChangeOutcome::kAcknowledged:
      FollowAcknowledged(change, begun_ms);
      return true;
    case ChangeOutcome::kRefused:
      faults_.push_back(std::move(made.what));
      return true;
    case ChangeOutcome::kNotDone:
      refusals_.push_back(std::move(made.what));
      if (change.Removes()) members_.SetLeaving(change.subject, false);
      return false;
    case ChangeOutcome::kUnknown:
      if (!change.Removes()) Follow(change.subject, change.user, begun_ms, true);
      return false;
  }
  return false;
}

void RoamingWriter::FollowAcknowledged(const RoomChanges::Change& change, std::int64_t begun_ms) {
  if (change.after.empty()) {
    members_.RemoveRoom(change.subject);
  } else if (change.Removes()) {
    members_.Remove(change.subject, change.user);
    members_.SetLeaving(change.subject, false);
  } else {
    Follow(change.subject, change.user, begun_ms, false);
  }
}

std::vector<std::string> RoamingWriter::TakeStock(const Ledger& stored,
                                                  const std::set<std::string>& excused) {
  std::set<std::string> anew = excused;
  for (const auto& [room, members] : recorder_.PerhapsMade()) anew.insert(room);
  std::vector<std::string> faults = std::exchange(faults_, {});
  std::ranges::move(recorder_.Settle(stored, excused), std::back_inserter(faults));
  const std::int64_t now_ms = NowMs();
  for (const std::string& room : anew) {
    if (!changes().Owns(room)) continue;
    members_.RemoveRoom(room);
    const auto found = stored.find(room);
    if (found == stored.end()) continue;
    for (const std::string& user : found->second) Follow(room, user, now_ms, false);
  }
  return faults;
}

void RoamingWriter::Follow(const std::string& room, const std::string& user, std::int64_t since_ms,
                           bool leaving) {
  members_.Add({.kind = changes().kind(),
                .room = room,
                .user = user,
                .query = changes().QueryOf(user),
                .is_sticky = is_sticky_,
                .leaving = leaving},
               since_ms);
}

std::size_t RoamingWriter::DrawNode() {
  return std::uniform_int_distribution<std::size_t>(0, ports_.size() - 1)(random_);
}

}  // namespace rtcroom
