// get_im_login_info: who the caller is to be, and the ticket for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/secret.h"
#include "daemon/core/clock.h"
#include "daemon/core/code_exchange.h"
#include "daemon/core/id_source.h"
#include "daemon/core/login_signer.h"
#include "daemon/core/result.h"

namespace rtcroom {

struct ImLoginCommand {
  std::string user_id_prefix{};        ///< "weixin" asks for the openid
  std::string code{};                  ///< one-time login code; may be empty
  std::optional<UserId> im_user_id{};  ///< honoured only with `trust_imuserid`
};

struct ImLogin {
  UserId user_id{};
  std::string user_sig{};
  /// Of the WeChat session; only with `expose_session_key`, and only when a code was exchanged.
  std::optional<Secret> session_key{};
};

struct LoginPolicy {
  bool trust_imuserid = false;
  /// A code that WeChat refuses fails the login instead of falling back to a fresh id.
  bool strict_wechat = false;
  bool expose_session_key = false;
  UserId administrator{};               ///< never signed for
  std::vector<UserId> deny_user_ids{};  ///< never signed for
};

/// @threads safe from any thread.
class LoginService {
 public:
  LoginService(CodeExchange& codes, const LoginSigner& signer, const Clock& clock, IdSource& ids,
               LoginPolicy policy);

  /// Chooses the identity (openid, then the trusted claim, then a fresh one) and signs it.
  ///
  /// Blocks as long as the code exchange does.
  /// @errors kBadRequest for an identity that is never signed for, an id over 32 bytes, or a
  ///         code that WeChat refused; kUnavailable when signing is not configured, and in
  ///         strict mode when WeChat cannot be asked.
  /// @source protocol A.4.1, D.9.
  Result<ImLogin> Login(const ImLoginCommand& command);

 private:
  struct Identity {
    UserId user_id{};
    std::optional<Secret> session_key{};
  };
  Result<Identity> ChooseIdentity(const ImLoginCommand& command);
  /// @return nobody when the code does not tell who it is and the policy lets that pass.
  Result<std::optional<Identity>> ExchangeCode(const std::string& code);
  [[nodiscard]] bool MaySignFor(const UserId& user_id) const;

  CodeExchange& codes_;
  const LoginSigner& signer_;
  const Clock& clock_;
  IdSource& ids_;
  const LoginPolicy policy_;
};

}  // namespace rtcroom
