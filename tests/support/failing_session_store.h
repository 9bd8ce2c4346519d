// A session store whose calls fail on request of a test.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "daemon/core/session_store.h"

namespace rtcroom {

/// Wraps a real store and counts the writes to it. While `broken`, every call returns kStoreBroken.
class FailingSessionStore : public SessionStore {
 public:
  explicit FailingSessionStore(SessionStore& store) : store_(store) {}

  std::atomic<bool> broken{false};
  std::atomic<std::size_t> writes{0};
  SessionListener* listener = nullptr;
  /// What `FindSession` finds.
  std::optional<Session> elsewhere{};
  std::function<void()> after_find;  ///< called with each that was read, before it is used
  std::function<void()> after_load;  ///< called once the sessions are read, before they are used

  Result<std::vector<Session>> LoadSessions(TimePoint unused_until, std::size_t limit) override {
    if (broken) return Broken();
    Result<std::vector<Session>> loaded = store_.LoadSessions(unused_until, limit);
    if (after_load) after_load();
    return loaded;
  }
  Result<std::optional<Session>> FindSession(const UserId& user_id) override {
    if (broken) return Broken();
    const bool is_found = elsewhere && elsewhere->user_id == user_id;
    std::optional<Session> found = is_found ? elsewhere : std::nullopt;
    if (after_find) after_find();
    return found;
  }
  Result<std::uint64_t> PutSession(const Session& session) override {
    if (broken) return Broken();
    ++writes;
    return store_.PutSession(session);
  }
  void HearSessions(SessionListener* heard_by) override { listener = heard_by; }
  Status RemoveSessions(std::span<const Session> sessions) override {
    if (broken) return Broken();
    ++writes;
    return store_.RemoveSessions(sessions);
  }
  Status RecordSessionUses(std::span<const Session> sessions) override {
    if (broken) return Broken();
    ++writes;
    return store_.RecordSessionUses(sessions);
  }
  Result<std::size_t> RemoveUnusedSessions(TimePoint as_of, TimePoint unused_until,
                                           std::size_t limit) override {
    if (broken) return Broken();
    return store_.RemoveUnusedSessions(as_of, unused_until, limit);
  }

 private:
  static Error Broken() { return {Errc::kStoreBroken, "disk full"}; }

  SessionStore& store_;
};

}  // namespace rtcroom
