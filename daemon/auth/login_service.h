// get_im_login_info, get_login_info: chooses the caller's identity and signs its ticket.
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
  /// Trust in claims is configured per dialect, and each dialect refuses a risky user differently.
  Dialect dialect = Dialect::kGen1;
  std::string user_id_prefix{};  ///< gen-1 only: "weixin" asks for the openid
  std::string code{};            ///< one-time login code; may be empty
  /// The user ID as sent: used only where the policy trusts it. Gen-1 calls it `imuserid`, gen-2
  /// `userID`.
  std::optional<UserId> claimed{};
  std::string address{};  ///< the client's, as `Admission` takes it
};

struct ImLogin {
  UserId user_id{};
  std::string user_sig{};
  /// The key of the WeChat session; only with `expose_session_key`, and only when a code was
  /// exchanged.
  std::optional<Secret> session_key{};
};

struct LoginPolicy {
  bool trust_imuserid = false;  ///< trust the claim of gen-1
  bool trust_userid = false;    ///< trust the claim of gen-2
  /// A code that WeChat refuses fails the login instead of falling back to a fresh id.
  bool strict_wechat = false;
  bool expose_session_key = false;
  UserId administrator{};               ///< never signed for
  std::vector<UserId> deny_user_ids{};  ///< never signed for
  /// Whether tickets that gen-1 is given without proof of an identity are marked as anonymous;
  /// asked for each of them, on any thread. Empty: never.
  std::function<bool()> marks_anonymous{};
};

/// @threads safe from any thread.
class LoginService {
 public:
  LoginService(CodeExchange& codes, const LoginSigner& signer, const Clock& clock, IdSource& ids,
               Admission& admission, LoginPolicy policy);

  using Done = std::function<void(Result<ImLogin>)>;

  /// Chooses the identity (openid, then the trusted claim, then a fresh one) and signs it. A ticket
  /// of gen-1 for any but an openid is marked, if the policy says so.
  ///
  /// Never blocks. The service must live until all its logins are done.
  ///
  /// @param done  called exactly once: before this returns, or, when a code is exchanged, perhaps
  ///              later and from another thread. It must neither block for long nor throw.
  /// @errors kBadRequest for an identity that is never signed for, an invalid id or one over 32
  ///         bytes, or a code that WeChat refused; kNotAllowed for a gen-2 user whom WeChat rates
  ///         as risky (kBadRequest in gen-1); kUnavailable when signing is not configured, when too
  ///         many exchanges are in flight, and in strict mode when WeChat cannot be reached;
  ///         kTooManyRequests for a fresh id.
  /// @source protocol A.4.1, B.7, D.9.
  void Login(const ImLoginCommand& command, Done done);

  /// A ticket for the given user.
  /// @errors kBadRequest for a user that is never signed for; kUnavailable when signing is not
  ///         configured.
  /// @source protocol A.4.11.
  [[nodiscard]] Result<ImLogin> SignFor(const UserId& user_id) const;

  /// Whether this server issues tickets for that user: not for the administrator, users on the deny
  /// list, or IDs that the IM service would not accept.
  /// @source protocol F.5.
  [[nodiscard]] bool MaySignFor(const UserId& user_id) const;

 private:
  struct Identity {
    UserId user_id{};
    std::optional<Secret> session_key{};
    bool is_anonymous = false;  ///< nothing proves it, and the ticket is to say so
  };
  /// @param exchanged  outcome of the exchange; nullopt without a code.
  Result<ImLogin> Finish(std::optional<CodeExchangeResult> exchanged,
                         const ImLoginCommand& command);
  /// @return nullopt when the code yields no identity and the policy allows that.
  Result<std::optional<Identity>> IdentityOf(CodeExchangeResult exchanged, Dialect dialect) const;
  [[nodiscard]] Result<Identity> IdentityWithoutCode(const ImLoginCommand& command);
  /// @errors kTooManyRequests; kBadRequest.
  [[nodiscard]] Result<UserId> ChooseUser(const ImLoginCommand& command);
  [[nodiscard]] Result<ImLogin> Sign(Identity identity) const;

  CodeExchange& codes_;
  const LoginSigner& signer_;
  const Clock& clock_;
  IdSource& ids_;
  Admission& admission_;
  const LoginPolicy policy_;
};

}  // namespace rtcroom
