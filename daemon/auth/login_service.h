// get_im_login_info, get_login_info: who the caller is to be, and the ticket for it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/auth/admission.h"
#include "daemon/auth/code_exchange.h"
#include "daemon/auth/login_signer.h"
#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/core/id_source.h"

namespace rtcroom {

struct ImLoginCommand {
  /// Whose claims are trusted is set for each dialect, and each refuses a risky user differently.
  Dialect dialect = Dialect::kGen1;
  std::string user_id_prefix{};  ///< gen-1 only: "weixin" asks for the openid
  std::string code{};            ///< one-time login code; may be empty
  /// As it was sent: looked at only where the policy trusts it. Gen-1 calls it `imuserid`, gen-2
  /// `userID`.
  std::optional<UserId> claimed{};
  std::string address{};  ///< the client's, as `Admission` takes it
};

struct ImLogin {
  UserId user_id{};
  std::string user_sig{};
  /// Of the WeChat session; only with `expose_session_key`, and only when a code was exchanged.
  std::optional<Secret> session_key{};
};

struct LoginPolicy {
  bool trust_imuserid = false;  ///< what gen-1 claims
  bool trust_userid = false;    ///< what gen-2 claims
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
               Admission& admission, LoginPolicy policy);

  using Done = std::function<void(Result<ImLogin>)>;

  /// Chooses the identity (openid, then the trusted claim, then a fresh one) and signs it.
  ///
  /// Never blocks. The service must live until all that it began is done.
  ///
  /// @param done  called exactly once: before this returns, or, when a code is exchanged, perhaps
  ///              later and from another thread. It must neither block for long nor throw.
  /// @errors kBadRequest for an identity that is never signed for, what is no id or one over 32
  ///         bytes, or a code that WeChat refused; kNotAllowed for a user of gen-2 whom WeChat
  ///         holds for risky (kBadRequest in gen-1); kUnavailable when signing is not configured,
  ///         when too many exchanges are under way, and in strict mode when WeChat cannot be
  ///         asked; kTooManyRequests for a fresh id.
  /// @source protocol A.4.1, B.7, D.9.
  void Login(const ImLoginCommand& command, Done done);

  /// A ticket for whom the caller names.
  /// @errors kBadRequest for one who is never signed for; kUnavailable when signing is not
  ///         configured.
  /// @source protocol A.4.11.
  [[nodiscard]] Result<ImLogin> SignFor(const UserId& user_id) const;

  /// Whether that user may have tickets of us: neither the administrator nor who is on the deny
  /// list may, nor whom the IM service would not know.
  /// @source protocol F.5.
  [[nodiscard]] bool MaySignFor(const UserId& user_id) const;

 private:
  struct Identity {
    UserId user_id{};
    std::optional<Secret> session_key{};
  };
  /// @param exchanged  what became of the code; nothing when there was none to exchange.
  Result<ImLogin> Finish(std::optional<CodeExchangeResult> exchanged,
                         const ImLoginCommand& command);
  /// @return nobody when the code does not tell who it is and the policy lets that pass.
  Result<std::optional<Identity>> IdentityOf(CodeExchangeResult exchanged, Dialect dialect) const;
  [[nodiscard]] Result<Identity> IdentityWithoutCode(const ImLoginCommand& command);
  [[nodiscard]] Result<ImLogin> Sign(Identity identity) const;

  CodeExchange& codes_;
  const LoginSigner& signer_;
  const Clock& clock_;
  IdSource& ids_;
  Admission& admission_;
  const LoginPolicy policy_;
};

}  // namespace rtcroom
