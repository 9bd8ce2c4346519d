#include "handlers/channel/channel_login.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "daemon/channel/channel_options.h"
#include "handlers/channel/channel_fields.h"

namespace rtcroom {
namespace {

Errc ErrcOf(UserSigOutcome outcome) {
  switch (outcome) {
    case UserSigOutcome::kMalformed:
    case UserSigOutcome::kBadSignature:
    case UserSigOutcome::kAnonymous:
    case UserSigOutcome::kOk:
      break;
    case UserSigOutcome::kWrongApp:
      return Errc::kUnknownApp;
    case UserSigOutcome::kWrongUser:
      return Errc::kTokenWrong;
    case UserSigOutcome::kExpired:
      return Errc::kNoSession;
  }
  return Errc::kTokenMalformed;
}

Result<TokenOutcome> CheckToken(const ChannelLogin& login, const LoginChecks& checks,
                                std::string_view address) {
  const std::string& user_id = login.account.value;
  const TokenOutcome known = checks.sessions.Check(user_id, login.token.Reveal());
  if (checks.looks == nullptr || !IsUnknown(known)) return known;
  const SecondLooks::Place place = checks.looks->TryBegin(address);
  if (!place) return Error{Errc::kStoreBusy, "too many are looked for"};
  if (const Status heard = checks.looks->CatchUp(); !heard) return heard.error();
  return checks.sessions.CheckStored(user_id, login.token.Reveal());
}

}  // namespace

Result<LoginProof> CheckUserSig(const UserSigVerifier& verifier, const UserId& account,
                                std::string_view user_sig, TimePoint now) {
  if (const Status ready = verifier.CanVerify(); !ready) return ready.error();
  if (!IsUserIdText(account.value)) {
    return Error{Errc::kBadRequest, "identifier: not an account"};
  }
  const UserSigOutcome outcome = verifier.VerifyUserSig(user_sig, account, now);
  const std::optional<UserSigTimes> times = UserSigVerifier::TimesOf(user_sig);
  const bool is_anonymous = outcome == UserSigOutcome::kAnonymous;
  if ((outcome != UserSigOutcome::kOk && !is_anonymous) || !times) {
    return Error{ErrcOf(outcome), std::string("usersig: ").append(UserSigOutcomeName(outcome))};
  }
  const auto last = std::chrono::floor<std::chrono::seconds>(now + kLongestLogin);
  return LoginProof{.expires = std::min(ExpiryOf(*times), last),
                    .issued = TimePoint(std::chrono::seconds(times->issued_at)),
                    .reach = is_anonymous ? RoomReach::kGen1 : RoomReach::kAll};
}

Result<ChannelLogin> CheckConnect(const nlohmann::ordered_json& object, const LoginChecks& checks,
                                  std::string_view address) {
  ChannelFields fields(object);
  ChannelLogin login{.account = fields.Account("userID"),
                     .token = Secret(fields.OptionalText("token")),
                     .direct = fields.OptionalNumber("direct"),
                     .asks_beats = fields.OptionalFlag("beats"),
                     .asks_streams = fields.OptionalFlag("streams")};
  if (fields.Has("login")) {
    login.continued = TimePoint(std::chrono::milliseconds(fields.OptionalNumber("login")));
  }
  const std::string user_sig = fields.OptionalText("userSig");
  const std::uint64_t sdk_app_id = fields.OptionalNumber("sdkAppID", checks.sdk_app_id);
  if (!fields.ok()) return fields.error();
  const TimePoint now = checks.clock.Now();
  if (!login.token.empty()) {
    const Result<TokenOutcome> outcome = CheckToken(login, checks, address);
    if (!outcome) return outcome.error();
    if (*outcome != TokenOutcome::kOk) return Error{ErrcOf(*outcome), {}};
    login.proof.expires = now + kLongestLogin;
    return login;
  }
  if (user_sig.empty()) return Error{Errc::kNoCredentials, {}};
  if (sdk_app_id != checks.sdk_app_id) return Error{Errc::kUnknownApp, "sdkAppID: another"};
  const Result<LoginProof> proof = CheckUserSig(checks.verifier, login.account, user_sig, now);
  if (!proof) return proof.error();
  login.proof = *proof;
  return login;
}

bool IsLoginValid(const ChannelLogin& login, const LoginChecks& checks) {
  if (checks.clock.Now() >= login.proof.expires) return false;
  return login.token.empty() ||
         checks.sessions.Check(login.account.value, login.token.Reveal()) == TokenOutcome::kOk;
}

}  // namespace rtcroom
