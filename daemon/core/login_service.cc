#include "daemon/core/login_service.h"

#include <algorithm>
#include <utility>

namespace rtcroom {
namespace {

/// IM accepts no longer identifiers (protocol 0.3).
constexpr std::size_t kMaxSignedUserIdBytes = 32;

constexpr std::string_view kWeixinPrefix = "weixin";

}  // namespace

LoginService::LoginService(CodeExchange& codes, const LoginSigner& signer, const Clock& clock,
                           IdSource& ids, LoginPolicy policy)
    : codes_(codes), signer_(signer), clock_(clock), ids_(ids), policy_(std::move(policy)) {}

void LoginService::Login(const ImLoginCommand& command, Done done) {
  if (const Status ready = signer_.CanSign(); !ready) return done(ready.error());
  if (command.user_id_prefix != kWeixinPrefix || command.code.empty()) {
    return done(Finish(std::nullopt, command.im_user_id));
  }
  codes_.Exchange(command.code, [this, im_user_id = command.im_user_id,
                                 done = std::move(done)](CodeExchangeResult exchanged) {
    done(Finish(std::move(exchanged), im_user_id));
  });
}

Result<ImLogin> LoginService::SignFor(const UserId& user_id) const {
  if (!MaySignFor(user_id)) return Error{Errc::kBadIdentity, "userID: not signed for"};
  return Sign({.user_id = user_id, .session_key = std::nullopt});
}

Result<ImLogin> LoginService::Finish(std::optional<CodeExchangeResult> exchanged,
                                     const std::optional<UserId>& im_user_id) {
  if (exchanged) {
    Result<std::optional<Identity>> proven = IdentityOf(*std::move(exchanged));
    if (!proven) return proven.error();
    if (*proven) return Sign(**std::move(proven));
  }
  Result<Identity> identity = IdentityWithoutCode(im_user_id);
  if (!identity) return identity.error();
  return Sign(*std::move(identity));
}

Result<std::optional<LoginService::Identity>> LoginService::IdentityOf(
    CodeExchangeResult exchanged) const {
  const std::optional<Identity> nobody;
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
      return Error{Errc::kBadRequest, "code: of a user whom the platform holds for risky"};
    case CodeExchangeOutcome::kBadCode:
      if (policy_.strict_wechat) return Error{Errc::kBadRequest, "code: not accepted"};
      return nobody;
    case CodeExchangeOutcome::kOverloaded:
      // The code is still good: a client that comes again gets the identity that is its own.
      return Error{Errc::kUnavailable, "code exchange: too many under way"};
    case CodeExchangeOutcome::kUnavailable:
    case CodeExchangeOutcome::kNotConfigured:
      if (policy_.strict_wechat) return Error{Errc::kUnavailable, "code exchange: not possible"};
      return nobody;
  }
  return Error{Errc::kInternal, "unknown outcome of a code exchange"};
}

Result<LoginService::Identity> LoginService::IdentityWithoutCode(
    const std::optional<UserId>& im_user_id) {
  if (policy_.trust_imuserid && im_user_id) {
    if (!MaySignFor(*im_user_id)) {
      return Error{Errc::kBadRequest, "imuserid: not an identity that is signed for"};
    }
    return Identity{.user_id = *im_user_id, .session_key = std::nullopt};
  }
  return Identity{.user_id = ids_.NewUserId(), .session_key = std::nullopt};
}

Result<ImLogin> LoginService::Sign(Identity identity) const {
  Result<std::string> user_sig = signer_.SignUserSig(identity.user_id, clock_.Now());
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
