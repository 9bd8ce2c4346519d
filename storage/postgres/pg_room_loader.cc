#include "storage/postgres/pg_room_loader.h"

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <utility>

#include "daemon/base/sip_hash.h"

namespace rtcroom {

/// A call is on the stack of its caller until that has the outcome. It has a lock of its own:
/// callers that are answered together would all wait for a common one.
class PgRoomLoader::Call {
 public:
  Call(const RoomKey& wanted, MonotonicTime until) : key(wanted), deadline(until) {}

  void Answer(Result<Room> outcome) EXCLUDES(mutex_) {
    // Notified under the lock: after its release the call may be gone.
    const MutexLock lock(mutex_);
    outcome_ = std::move(outcome);
    changed_.NotifyOne();
  }
  void LetRead(Group group) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    group_ = std::move(group);
    changed_.NotifyOne();
  }
  /// It waits until there is one of both; false at the deadline.
  bool AwaitUntilDeadline() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (!outcome_ && group_.empty()) {
      if (!changed_.WaitUntil(mutex_, deadline)) return outcome_ || !group_.empty();
    }
    return true;
  }
  void Await() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (!outcome_ && group_.empty()) changed_.Wait(mutex_);
  }
  Group TakeGroup() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return std::exchange(group_, {});
  }
  Result<Room> TakeOutcome() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return *std::move(outcome_);
  }

  const RoomKey& key;
  const MonotonicTime deadline;

 private:
  Mutex mutex_;
  CondVar changed_;
  std::optional<Result<Room>> outcome_ GUARDED_BY(mutex_);
  Group group_ GUARDED_BY(mutex_);
};

Result<Room> PgRoomLoader::Load(const RoomKey& key) {
  Call call(key, clock_.Monotonic() + options_.patience);
  const Group group = Await(call);
  if (!group.empty()) {
    std::vector<Result<Room>> outcomes = ReadGroup(group);
    EndRead();
    for (std::size_t i = 0; i < group.size(); ++i) group[i]->Answer(std::move(outcomes[i]));
  }
  return call.TakeOutcome();
}

PgRoomLoader::Group PgRoomLoader::Await(Call& call) {
  {
    const MutexLock lock(mutex_);
    if (reading_ < options_.reads) {
      ++reading_;
      return {&call};
    }
    waiting_.push_back(&call);
  }
  if (!call.AwaitUntilDeadline()) {
    if (Withdraw(call)) {
      call.Answer(Error{Errc::kStoreBusy, "all reading connections are in use"});
    } else {
      call.Await();  // the read has a deadline
    }
  }
  return call.TakeGroup();
}

bool PgRoomLoader::Withdraw(Call& call) {
  const MutexLock lock(mutex_);
  return std::erase(waiting_, &call) > 0;
}

PgRoomLoader::Group PgRoomLoader::TakeGroup() {
  const auto end =
      waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kMostRooms));
  Group group(waiting_.begin(), end);
  waiting_.erase(waiting_.begin(), end);
  return group;
}

void PgRoomLoader::EndRead() {
  Group next;
  {
    const MutexLock lock(mutex_);
    next = TakeGroup();
    if (next.empty()) --reading_;
  }
  if (next.empty()) return;
  Call& reader = *next.front();
  reader.LetRead(std::move(next));
}

// Ends the process when there is no memory: the others would wait for ever.
// NOLINTNEXTLINE(bugprone-exception-escape): meant so
std::vector<Result<Room>> PgRoomLoader::ReadGroup(const Group& group) const noexcept {
  std::vector<std::string_view> ids;
  ids.reserve(group.size());
  for (const Call* const call : group) ids.emplace_back(call->key.id.value);
  // The deadline is that of the first one, which has waited longest.
  const Result<std::vector<PgRoom>> read = read_(ids, group.front()->deadline);
  std::unordered_map<std::string_view, const Room*, NameHash> by_id;
  if (read) {
    for (const PgRoom& one : *read) by_id.emplace(one.room.key.id.value, &one.room);
  }
  std::vector<Result<Room>> outcomes;
  outcomes.reserve(group.size());
  for (const Call* const call : group) {
    const auto found = by_id.find(call->key.id.value);
    if (!read) {
      outcomes.emplace_back(read.error());
    } else if (found == by_id.end() || found->second->key.kind != call->key.kind) {
      outcomes.emplace_back(Error{Errc::kRoomNotFound, {}});
    } else {
      outcomes.emplace_back(*found->second);
    }
  }
  return outcomes;
}

}  // namespace rtcroom
