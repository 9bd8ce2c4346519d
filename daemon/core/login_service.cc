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

Result<ImLogin> LoginService::Login(const ImLoginCommand& command) {
  Result<Identity> identity = ChooseIdentity(command);
  if (!identity) return identity.error();

  Result<std::string> user_sig = signer_.SignUserSig(identity->user_id, clock_.Now());
  if (!user_sig) return user_sig.error();
  return ImLogin{.user_id = std::move(identity->user_id),
                 .user_sig = *std::move(user_sig),
                 .session_key = std::move(identity->session_key)};
}

Result<LoginService::Identity> LoginService::ChooseIdentity(const ImLoginCommand& command) {
  if (command.user_id_prefix == kWeixinPrefix && !command.code.empty()) {
    Result<std::optional<Identity>> exchanged = ExchangeCode(command.code);
    if (!exchanged) return exchanged.error();
    if (*exchanged) return **std::move(exchanged);
  }
  if (policy_.trust_imuserid && command.im_user_id) {
    if (!MaySignFor(*command.im_user_id)) {
      return Error{Errc::kBadRequest, "imuserid: not an identity that is signed for"};
    }
    return Identity{.user_id = *command.im_user_id, .session_key = std::nullopt};
  }
  return Identity{.user_id = ids_.NewUserId(), .session_key = std::nullopt};
}

Result<std::optional<LoginService::Identity>> LoginService::ExchangeCode(const std::string& code) {
  CodeExchangeResult result = codes_.Exchange(code);
  const std::optional<Identity> nobody;
  switch (result.outcome) {
    case CodeExchangeOutcome::kOk: {
      Identity identity{.user_id = {std::move(result.openid)}, .session_key = std::nullopt};
      if (!MaySignFor(identity.user_id)) {
        return Error{Errc::kBadRequest, "code: of an identity that is not signed for"};
      }
      if (policy_.expose_session_key) identity.session_key = std::move(result.session_key);
      return std::optional<Identity>(std::move(identity));
    }
    case CodeExchangeOutcome::kRefused:
      return Error{Errc::kBadRequest, "code: of a user whom the platform holds for risky"};
    case CodeExchangeOutcome::kBadCode:
      if (policy_.strict_wechat) return Error{Errc::kBadRequest, "code: not accepted"};
      return nobody;
    case CodeExchangeOutcome::kUnavailable:
    case CodeExchangeOutcome::kOverloaded:
    case CodeExchangeOutcome::kNotConfigured:
      if (policy_.strict_wechat) return Error{Errc::kUnavailable, "code exchange: not possible"};
      return nobody;
  }
  return Error{Errc::kInternal, "unknown outcome of a code exchange"};
}

bool LoginService::MaySignFor(const UserId& user_id) const {
  return !user_id.value.empty() && user_id.value.size() <= kMaxSignedUserIdBytes &&
         user_id != policy_.administrator &&
         std::ranges::find(policy_.deny_user_ids, user_id) == policy_.deny_user_ids.end();
}

}  // namespace rtcroom
