// The ends of logins in memory.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "daemon/core/ended_login_store.h"
#include "storage/memory/memory_engine.h"

namespace rtcroom {

/// @threads safe from any thread.
class MemoryEndedLogins : public EndedLoginStore {
 public:
  explicit MemoryEndedLogins(MemoryEngine& engine) : engine_(engine) {}

  Result<std::vector<EndedLogin>> LoadEndedLogins(TimePoint now) override;
  Status PutEndedLogins(std::span<const EndedLogin> logins) override;
  Status RemoveEndedLogins(TimePoint now) override;
  Result<std::vector<AccountValidity>> LoadAccountValidities() override;
  Status PutAccountValidity(const AccountValidity& validity) override;

 private:
  void PutLocked(const EndedLogin& login) REQUIRES(engine_.mutex);

  MemoryEngine& engine_;
  /// The logins by account and instance.
  std::map<std::pair<UserId, std::uint64_t>, EndedLogin> logins_ GUARDED_BY(engine_.mutex);
  std::map<UserId, AccountValidity> validities_ GUARDED_BY(engine_.mutex);
};

}  // namespace rtcroom
