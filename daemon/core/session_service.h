// Logging in with a UserSig, and the tokens that gen-2 requests carry.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/secret.h"
#include "daemon/core/clock.h"
#include "daemon/core/ids.h"
#include "daemon/core/login_verifier.h"
#include "daemon/core/result.h"
#include "daemon/core/session_crypto.h"
#include "daemon/core/session_store.h"
#include "daemon/core/session_table.h"
#include "daemon/core/sessions.h"
#include "daemon/core/sip_hash.h"

namespace rtcroom {

struct SessionOptions {
  std::uint32_t sdk_app_id = 0;
  std::string account_type = "0";  ///< digits
  SessionTableOptions table{};
  SipHashKey hash_key{};  ///< random, of this process
};

struct SessionServiceParts {
  const LoginVerifier& verifier;
  SessionStore& store;
  SessionCrypto& crypto;
  const Clock& clock;
};

/// What one call of `Upkeep` did.
struct SessionUpkeep {
  std::size_t uses_written = 0;
  std::size_t removed = 0;  ///< from the store: ended or evicted
  bool left_some = false;   ///< there is more to do at once
};

/// Tokens for users, one for each, good for all kinds of rooms. The store has a login before it is
/// answered; it hears of uses later, in batches.
///
/// @threads safe from any thread.
/// @source protocol B.1, B.2, C.5.
class SessionService : public Sessions {
 public:
  SessionService(const SessionServiceParts& parts, SessionOptions options);

  /// Reads the sessions that an earlier run left. Call it once, before anything else.
  /// @errors kStoreBusy; kStoreBroken.
  Status Restore();

  Result<SessionLogin> Login(const SessionLoginCommand& command) override;
  Result<Secret> LoginTrusted(const UserId& user_id, std::string_view address) override;
  Result<TokenOutcome> Logout(std::string_view user_id, std::string_view token) override;
  TokenOutcome Check(std::string_view user_id, std::string_view token) override;

  /// Writes uses to the store, and removes from it and from memory what is over: a bounded
  /// share of each. To be called every few seconds, by one thread at a time.
  ///
  /// @errors kStoreBusy, kStoreBroken: a later call tries again.
  Result<SessionUpkeep> Upkeep();

  /// How many are logged in, sessions that have ended but were not removed yet included.
  [[nodiscard]] std::size_t size() const { return table_.size(); }

 private:
  Result<Secret> Begin(const UserId& user_id, std::string_view address);
  /// @return kOk when it is a token of our application.
  [[nodiscard]] TokenOutcome Screen(std::string_view user_id, std::string_view token) const;
  [[nodiscard]] bool IsOurApp(const SessionLoginCommand& command) const;
  Status WriteBacklog(SessionUpkeep& done);

  const LoginVerifier& verifier_;
  SessionStore& store_;
  SessionCrypto& crypto_;
  const Clock& clock_;
  const SessionOptions options_;
  const std::string application_;  ///< as tokens name it
  SessionTable table_;
  std::atomic<std::uint64_t> last_number_{0};
};

}  // namespace rtcroom
