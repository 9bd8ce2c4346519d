#include "tests/cluster/beating_members.h"

#include <algorithm>

#include <fmt/format.h>

#include "tests/e2e/room_calls.h"

namespace rtcroom {

std::int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void BeatingMembers::BeatAt(const std::vector<int>& ports, std::uint32_t seed) {
  nodes_ = ports.size();
  for (std::size_t node = 0; node < ports.size(); ++node) {
    threads_.emplace_back([this, node, port = ports[node], seed](const std::stop_token& stop) {
      BeatAtOne(stop, node, port, seed + static_cast<std::uint32_t>(port));
    });
  }
}

void BeatingMembers::BeatAtOne(const std::stop_token& stop, std::size_t node, int port,
                               std::uint32_t seed) {
  constexpr std::chrono::milliseconds kPause{500};
  ApiClient client(port);
  // Each node leaves out every third member, others in each round: none is left out twice.
  for (std::size_t turn = seed; !stop.stop_requested(); ++turn) {
    std::size_t place = turn;
    for (const Entry& entry : All()) {
      if (stop.stop_requested()) return;
      const Member& member = entry.member;
      if (member.is_sticky ? !IsAt(node, entry) : ++place % 3 == 0) continue;
      const std::int64_t begun_ms = NowMs();
      Note(entry, port, begun_ms,
           client.Call(member.kind, "pusher_heartbeat", MemberBody(member.room, member.user),
                       member.query));
    }
    std::this_thread::sleep_for(kPause);  // the rate of beats
  }
}

bool BeatingMembers::IsAt(std::size_t node, const Entry& beating) {
  constexpr std::int64_t kPatienceMs = 3000;
  const MutexLock lock(mutex_);
  const Key key(beating.member.room, beating.member.user);
  const auto found = members_.find(key);
  if (found == members_.end()) return false;
  std::size_t& home = found->second.home;
  if (home == node) return true;
  if ((home + 1) % nodes_ != node || NowMs() - heard_ms_[key] < kPatienceMs) return false;
  home = node;
  return true;
}

void BeatingMembers::Note(const Entry& beaten, int port, std::int64_t begun_ms,
                          const ApiReply& reply) {
  const MutexLock lock(mutex_);
  const Key key(beaten.member.room, beaten.member.user);
  const auto now = members_.find(key);
  if (now == members_.end()) return;
  if (reply.code() == kOk) {
    std::int64_t& heard_ms = heard_ms_[key];
    heard_ms = std::max(heard_ms, begun_ms);
    ++heard_;
    return;
  }
  // The same throughout the call.
  if (now->second.stamp != beaten.stamp || beaten.member.leaving) return;
  ++unheard_;
  if (reply.code() == kNoSuchMember || reply.code() == kNoSuchRoom) {
    denied_.emplace_back(
        key.first, fmt::format("{} of {} beat at {} (ms), port {}, and was told: {}", key.second,
                               key.first, begun_ms, port, reply.text));
  }
}

void BeatingMembers::Add(Member member, std::int64_t joined_ms) {
  const MutexLock lock(mutex_);
  const Key key(member.room, member.user);
  std::int64_t& heard_ms = heard_ms_[key];
  heard_ms = std::max(heard_ms, joined_ms);
  const std::uint64_t stamp = ++stamps_;
  members_[key] = {
      .member = std::move(member), .stamp = stamp, .home = nodes_ == 0 ? 0 : stamp % nodes_};
}

void BeatingMembers::SetLeaving(const std::string& room, bool leaving) {
  const MutexLock lock(mutex_);
  for (auto& [key, entry] : members_) {
    if (key.first != room) continue;
    entry.member.leaving = leaving;
    entry.stamp = ++stamps_;
  }
}

void BeatingMembers::Remove(const std::string& room, const std::string& user) {
  const MutexLock lock(mutex_);
  members_.erase({room, user});
}

void BeatingMembers::RemoveRoom(const std::string& room) {
  const MutexLock lock(mutex_);
  std::erase_if(members_, [&](const auto& member) { return member.first.first == room; });
}

std::int64_t BeatingMembers::LastHeardMs(const std::string& room, const std::string& user) const {
  const MutexLock lock(mutex_);
  const auto found = heard_ms_.find({room, user});
  return found == heard_ms_.end() ? 0 : found->second;
}

std::size_t BeatingMembers::heard() const {
  const MutexLock lock(mutex_);
  return heard_;
}

std::size_t BeatingMembers::unheard() const {
  const MutexLock lock(mutex_);
  return unheard_;
}

std::vector<std::pair<std::string, std::string>> BeatingMembers::Denied() const {
  const MutexLock lock(mutex_);
  return denied_;
}

std::vector<BeatingMembers::Entry> BeatingMembers::All() const {
  const MutexLock lock(mutex_);
  std::vector<Entry> all;
  for (const auto& [key, entry] : members_) all.push_back(entry);
  return all;
}

}  // namespace rtcroom
