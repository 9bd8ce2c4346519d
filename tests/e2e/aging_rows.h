// One stored row of each kind that is removed when it is old.
#pragma once

#include <string>

#include "tests/e2e/channel_caller.h"
#include "tests/support/server_process.h"

namespace rtcroom {

/// Shorter than every jump of a clock.
inline constexpr const char* kShortRetention = "30m";

/// Plus what a server needs to have such rows. Its calls to TRTC and to its media server fail.
Settings WithAgingRows(Settings settings = {});

/// A session, a message, a ban with a revocation, a delivery, and an end of one login, of all
/// before a newer one, and of all of a user; with the login and the place in a group of bob, who is
/// a member of the multi room "named".
///
/// @threads for one thread.
class AgingRows {
 public:
  /// What check-store counts of them.
  static constexpr const char* kCounted =
      "1 sessions, 1 bans, 1 deliveries, 1 messages, 1 revocations";

  /// Makes them.
  explicit AgingRows(const ServerProcess& server);

  /// Each still has its effect at that server, by a clock that is right.
  void ExpectInForce(const ServerProcess& server) const;
  /// What has no end, or ends later than all jumps.
  void ExpectEndedLogins(const ServerProcess& server) const;
  /// Another message of bob, who has not joined the group again. @return the ErrorCode.
  [[nodiscard]] int SendAgain(const ServerProcess& server) const;

  [[nodiscard]] const std::string& token() const { return token_; }

 private:
  std::string token_;  ///< of bob
  ChannelProof bob_;
  ChannelProof gone_;
  ChannelProof replaced_;
};

/// Logins that begin, and two that end as well, while a clock is wrong.
class LoginsMeanwhile {
 public:
  /// Makes them.
  explicit LoginsMeanwhile(const ServerProcess& server);

  /// By a clock that is right: who has not logged out is logged in, and can log in again.
  void ExpectKept(const ServerProcess& server) const;

 private:
  std::string token_;
  std::string ended_token_;
  ChannelProof ended_;
};

}  // namespace rtcroom
