#include "storage/memory/memory_sessions.h"

#include <algorithm>
#include <functional>
#include <iterator>

namespace rtcroom {

Result<std::vector<Session>> MemorySessions::LoadSessions(TimePoint unused_until,
                                                          std::size_t limit) {
  std::vector<Session> stored;
  const MutexLock lock(engine_.mutex);
  for (const auto& [user_id, session] : sessions_) {
    if (session.last_use > unused_until) stored.push_back(session);
  }
  std::ranges::sort(stored, std::greater(), &Session::last_use);
  if (stored.size() > limit) stored.resize(limit);
  return stored;
}

Result<std::uint64_t> MemorySessions::PutSession(const Session& session) {
  const MutexLock lock(engine_.mutex);
  Session& stored = sessions_[session.user_id] = session;
  stored.number = ++last_number_;
  return stored.number;
}

Status MemorySessions::RemoveSessions(std::span<const Session> sessions) {
  const MutexLock lock(engine_.mutex);
  for (const Session& session : sessions) {
    const auto found = sessions_.find(session.user_id);
    if (found != sessions_.end() && found->second.number == session.number) sessions_.erase(found);
  }
  return {};
}

Status MemorySessions::RecordSessionUses(std::span<const Session> sessions) {
  const MutexLock lock(engine_.mutex);
  for (const Session& session : sessions) {
    const auto found = sessions_.find(session.user_id);
    if (found == sessions_.end() || found->second.number != session.number) continue;
    found->second.last_use = std::max(found->second.last_use, session.last_use);
  }
  return {};
}

Result<std::size_t> MemorySessions::RemoveUnusedSessions(TimePoint as_of, TimePoint unused_until,
                                                         std::size_t limit) {
  std::size_t removed = 0;
  const MutexLock lock(engine_.mutex);
  for (auto place = sessions_.begin(); place != sessions_.end() && removed < limit;) {
    const bool unused = place->second.last_use <= unused_until;
    place = unused ? sessions_.erase(place) : std::next(place);
    if (unused) ++removed;
  }
  return engine_.MarkRemoval(as_of, removed);
}

}  // namespace rtcroom
