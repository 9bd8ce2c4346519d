// Listeners of commits: one that records everything, and one that ignores it.
#pragma once

#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/core/commit_listener.h"

namespace rtcroom {

/// @threads safe from any thread.
class RecordingListener : public CommitListener {
 public:
  void OnCommit(const Committed& committed) noexcept override {
    const MutexLock lock(mutex_);
    ++commits_;
    const auto append = [](const auto& heard, auto& to) {
      to.insert(to.end(), heard.begin(), heard.end());
    };
    append(committed.events, events_);
    append(committed.mixes, mixes_);
    append(committed.revocations, revocations_);
    append(committed.bans, bans_);
    append(committed.account_logins, account_logins_);
    append(committed.ended_logins, ended_logins_);
    append(committed.account_validities, account_validities_);
    if (committed.has_messages) ++message_reports_;
  }

  [[nodiscard]] int commits() const {
    const MutexLock lock(mutex_);
    return commits_;
  }
  /// Number of commits with messages.
  [[nodiscard]] int message_reports() const {
    const MutexLock lock(mutex_);
    return message_reports_;
  }

  // In the order of the reports:
  [[nodiscard]] std::vector<StoredEvent> events() const {
    const MutexLock lock(mutex_);
    return events_;
  }
  [[nodiscard]] std::vector<MixChanged> mixes() const {
    const MutexLock lock(mutex_);
    return mixes_;
  }
  [[nodiscard]] std::vector<Revocation> revocations() const {
    const MutexLock lock(mutex_);
    return revocations_;
  }
  [[nodiscard]] std::vector<Ban> bans() const {
    const MutexLock lock(mutex_);
    return bans_;
  }
  [[nodiscard]] std::vector<AccountLogin> account_logins() const {
    const MutexLock lock(mutex_);
    return account_logins_;
  }
  [[nodiscard]] std::vector<EndedLogin> ended_logins() const {
    const MutexLock lock(mutex_);
    return ended_logins_;
  }
  [[nodiscard]] std::vector<AccountValidity> account_validities() const {
    const MutexLock lock(mutex_);
    return account_validities_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<StoredEvent> events_ GUARDED_BY(mutex_);
  std::vector<MixChanged> mixes_ GUARDED_BY(mutex_);
  std::vector<Revocation> revocations_ GUARDED_BY(mutex_);
  std::vector<Ban> bans_ GUARDED_BY(mutex_);
  std::vector<AccountLogin> account_logins_ GUARDED_BY(mutex_);
  std::vector<EndedLogin> ended_logins_ GUARDED_BY(mutex_);
  std::vector<AccountValidity> account_validities_ GUARDED_BY(mutex_);
  int commits_ GUARDED_BY(mutex_) = 0;
  int message_reports_ GUARDED_BY(mutex_) = 0;
};

class DeafListener : public CommitListener {
 public:
  void OnCommit(const Committed& /*committed*/) noexcept override {}
};

}  // namespace rtcroom
