// Login tickets and code exchanges that answer as a test wants.
#pragma once

#include <string>

#include "daemon/core/code_exchange.h"
#include "daemon/core/login_signer.h"

namespace rtcroom {

/// Tickets that show whom they are for.
class FakeLoginSigner : public LoginSigner {
 public:
  bool configured = true;

  Result<std::string> SignUserSig(const UserId& user_id, TimePoint /*now*/) const override {
    if (!configured) return Error{Errc::kUnavailable, "no key"};
    return "sig-of-" + user_id.value;
  }
};

class FakeCodeExchange : public CodeExchange {
 public:
  CodeExchangeResult answer{.outcome = CodeExchangeOutcome::kUnavailable};

  CodeExchangeResult Exchange(const std::string& /*code*/) override { return answer; }
};

}  // namespace rtcroom
