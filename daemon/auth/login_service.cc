#include "daemon/auth/login_service.h"

#include <algorithm>
#include <utility>

namespace rtcroom {
namespace {

/// IM accepts no longer identifiers (protocol 0.3).
constexpr std::size_t kMaxSignedUserIdBytes = 32;

constexpr std::string_view kWeixinPrefix = "weixin";

bool RequestsOpenid(const ImLoginCommand& command) {
  if (command.code.empty()) return false;
  return command.dialect == Dialect::kGen2 || command.user_id_prefix == kWeixinPrefix;
}

/// Wire name of the claimed user ID.
std::string_view ClaimName(Dialect dialect) {
  return dialect == Dialect::kGen1 ? "imuserid" : "userID";
}

}  // namespace

LoginService::LoginService(CodeExchange& codes, const LoginSigner& signer, const Clock& clock,
                           IdSource& ids, Admission& admission, LoginPolicy policy)
    : codes_(codes),
      signer_(signer),
      clock_(clock),
      ids_(ids),
      admission_(admission),
      policy_(std::move(policy)) {}

void LoginService::Login(const ImLoginCommand& command, Done done) {
  if (const Status ready = signer_.CanSign(); !ready) return done(ready.error());
  if (!RequestsOpenid(command)) return done(Finish(std::nullopt, command));
  codes_.Exchange(command.code,
                  [this, command, done = std::move(done)](CodeExchangeResult exchanged) {
                    done(Finish(std::move(exchanged), command));
                  });
}

Result<ImLogin> LoginService::SignFor(const UserId& user_id) const {
  if (!MaySignFor(user_id)) {
    return Error{Errc::kBadRequest, "userID: not an identity that is signed for"};
  }
  return Sign({.user_id = user_id, .session_key = std::nullopt});
}

Result<ImLogin> LoginService::Finish(std::optional<CodeExchangeResult> exchanged,
                                     const ImLoginCommand& command) {
  if (exchanged) {
    Result<std::optional<Identity>> proven = IdentityOf(*std::move(exchanged), command.dialect);
    if (!proven) return proven.error();
    if (*proven) return Sign(**std::move(proven));
  }
  Result<Identity> identity = IdentityWithoutCode(command);
  if (!identity) return identity.error();
  return Sign(*std::move(identity));
}

Result<std::optional<LoginService::Identity>> LoginService::IdentityOf(CodeExchangeResult exchanged,
                                                                       Dialect dialect) const {
  const std::optional<Identity> no_identity;
  switch (exchanged.outcome) {
    case CodeExchangeOutcome::kOk: {
      Identity identity{.user_id = {std::move(exchanged.openid)}, .session_key = std::nullopt};
      if (!MaySignFor(identity.user_id)) {
        return Error{Errc::kBadRequest, "code: of an identity that is not signed for"};
      }
      if (policy_.expose_session_key) identity.session_key = std::move(exchanged.session_key);
      return std::optional<Identity>(std::move(identity));
    }
    case CodeExchangeOutcome::kRefused:
      return Error{dialect == Dialect::kGen1 ? Errc::kBadRequest : Errc::kNotAllowed,
                   "code: of a user that the platform considers risky"};
    case CodeExchangeOutcome::kBadCode:
      if (policy_.strict_wechat) return Error{Errc::kBadRequest, "code: not accepted"};
      return no_identity;
    case CodeExchangeOutcome::kOverloaded:
      // The code is still valid: a client that retries gets its own identity.
      return Error{Errc::kUnavailable, "code exchange: too many under way"};
    case CodeExchangeOutcome::kUnavailable:
    case CodeExchangeOutcome::kNotConfigured:
      if (policy_.strict_wechat) return Error{Errc::kUnavailable, "code exchange: not possible"};
      return no_identity;
  }
  return Error{Errc::kInternal, "unknown outcome of a code exchange"};
}

Result<LoginService::Identity> LoginService::IdentityWithoutCode(const ImLoginCommand& command) {
  Result<UserId> user_id = ChooseUser(command);
  if (!user_id) return user_id.error();
  const bool is_anonymous =
      command.dialect == Dialect::kGen1 && policy_.marks_anonymous && policy_.marks_anonymous();
  return Identity{.user_id = *std::move(user_id), .is_anonymous = is_anonymous};
}

Result<UserId> LoginService::ChooseUser(const ImLoginCommand& command) {
  const bool trusted =
      command.dialect == Dialect::kGen1 ? policy_.trust_imuserid : policy_.trust_userid;
  if (trusted && command.claimed) {
    if (!MaySignFor(*command.claimed)) {
      return Error{Errc::kBadRequest, std::string(ClaimName(command.dialect)) +
                                          ": not an identity that is signed for"};
    }
    return *command.claimed;
  }
  if (!admission_.AdmitsTicket(command.address)) {
    return Error{Errc::kTooManyRequests, std::string(kTooManyTickets)};
  }
  return ids_.NewUserId();
}

Result<ImLogin> LoginService::Sign(Identity identity) const {
  const TimePoint now = clock_.Now();
  Result<std::string> user_sig = identity.is_anonymous
                                     ? signer_.SignAnonymousUserSig(identity.user_id, now)
                                     : signer_.SignUserSig(identity.user_id, now);
  if (!user_sig) return user_sig.error();
  return ImLogin{.user_id = std::move(identity.user_id),
                 .user_sig = *std::move(user_sig),
                 .session_key = std::move(identity.session_key)};
}

bool LoginService::MaySignFor(const UserId& user_id) const {
  return IsIdText(user_id.value) && user_id.value.size() <= kMaxSignedUserIdBytes &&
         user_id != policy_.administrator &&
         std::ranges::find(policy_.deny_user_ids, user_id) == policy_.deny_user_ids.end();
}

}  // namespace rtcroom
