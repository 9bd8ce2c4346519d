// The identity of a mini-program user, as reported by the platform.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "daemon/base/secret.h"

namespace rtcroom {

/// The outcome of exchanging a one-time login code (protocol D.9).
enum class CodeExchangeOutcome : std::uint8_t {
  kOk,           ///< `openid` and `session_key` are set
  kBadCode,      ///< unknown, used or too often (40029, 40163, 45011), or still busy after a retry
  kRefused,      ///< the platform rates this user as risky (40226): do not serve
  kUnavailable,  ///< no response in time, or an unreadable one
  kOverloaded,   ///< too many are in flight or queued: no request was sent, the code is still valid
  kNotConfigured,
};

struct CodeExchangeResult {
  CodeExchangeOutcome outcome = CodeExchangeOutcome::kUnavailable;
  std::string openid{};
  Secret session_key{};
};

/// Exchanges the code of `wx.login` for the user's openid.
///
/// @threads implementations are safe from any thread.
class CodeExchange {
 public:
  virtual ~CodeExchange() = default;

  /// Never blocks. Sends one request, and a second one only when the platform reports that it is
  /// busy.
  ///
  /// @param done  called exactly once, within seconds: before this returns, or later from another
  ///              thread. It must neither block for long nor throw.
  virtual void Exchange(const std::string& code, std::function<void(CodeExchangeResult)> done) = 0;
};

}  // namespace rtcroom
