// Who a mini-program user is, by the word of the platform.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "daemon/base/secret.h"

namespace rtcroom {

/// What became of a one-time login code (protocol D.9).
enum class CodeExchangeOutcome : std::uint8_t {
  kOk,           ///< `openid` and `session_key` are set
  kBadCode,      ///< unknown, used or too often (40029, 40163, 45011), or still busy after a retry
  kRefused,      ///< the platform holds this user for risky (40226): do not serve
  kUnavailable,  ///< no answer in time, or none that can be read
  kOverloaded,   ///< too many are under way or wait: nothing was asked, the code is still good
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

  /// Never blocks. A code is asked for once, and once more only when the platform said that it is
  /// busy.
  ///
  /// @param done  called exactly once, within seconds: before this returns, or later from another
  ///              thread. It must neither block for long nor throw.
  virtual void Exchange(const std::string& code, std::function<void(CodeExchangeResult)> done) = 0;
};

}  // namespace rtcroom
