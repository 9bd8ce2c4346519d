#include "daemon/auth/user_sig_v1.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/auth/user_sig_envelope.h"
#include "daemon/base/base64.h"

namespace rtcroom {
namespace {

/// TLS.version as written by the newer libraries.
constexpr std::string_view kLibraryVersion = "201512300000";

/// The ticket's fields: all of them texts.
struct TicketV1 {
  std::string appid_at_3rd;
  std::string account_type;
  std::string identifier;
  std::string sdk_appid;
  std::string time;
  std::string expire_after;
  std::optional<std::string> userbuf;  ///< base64, as signed
  std::string signature;               ///< base64 of DER
};

std::string SignedText(const TicketV1& ticket) {
  std::string text = fmt::format(
      "TLS.appid_at_3rd:{}\nTLS.account_type:{}\nTLS.identifier:{}\nTLS.sdk_appid:{}\n"
      "TLS.time:{}\nTLS.expire_after:{}\n",
      ticket.appid_at_3rd, ticket.account_type, ticket.identifier, ticket.sdk_appid, ticket.time,
      ticket.expire_after);
  if (ticket.userbuf) text += fmt::format("TLS.userbuf:{}\n", *ticket.userbuf);
  return text;
}

/// A single-line text: a line feed in a value could imitate another signed line.
std::optional<std::string> Line(const nlohmann::json& object, const char* name) {
  const auto field = object.find(name);
  if (field == object.end() || !field->is_string()) return std::nullopt;
  auto text = field->get<std::string>();
  if (text.find('\n') != std::string::npos) return std::nullopt;
  return text;
}

std::optional<TicketV1> ReadV1(std::string_view sig) {
  const std::optional<std::string> text = UnpackUserSig(sig);
  if (!text) return std::nullopt;
  const nlohmann::json object = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return std::nullopt;

  const auto appid_at_3rd = Line(object, "TLS.appid_at_3rd");
  const auto account_type = Line(object, "TLS.account_type");
  const auto identifier = Line(object, "TLS.identifier");
  const auto sdk_appid = Line(object, "TLS.sdk_appid");
  const auto time = Line(object, "TLS.time");
  const auto expire_after = Line(object, "TLS.expire_after");
  const auto signature = Line(object, "TLS.sig");
  if (!appid_at_3rd || !account_type || !identifier || !sdk_appid || !time || !expire_after ||
      !signature) {
    return std::nullopt;
  }
  TicketV1 ticket{.appid_at_3rd = *appid_at_3rd,
                  .account_type = *account_type,
                  .identifier = *identifier,
                  .sdk_appid = *sdk_appid,
                  .time = *time,
                  .expire_after = *expire_after,
                  .userbuf = std::nullopt,
                  .signature = *signature};
  if (object.contains("TLS.userbuf")) {
    ticket.userbuf = Line(object, "TLS.userbuf");
    if (!ticket.userbuf) return std::nullopt;
  }
  return ticket;
}

/// Digits only, at most `kMaxUserSigSeconds`.
std::optional<std::int64_t> Seconds(std::string_view text) {
  std::int64_t seconds = 0;
  const char* const start = text.data();
  const char* const end = start + text.size();
  const auto [stopped, error] = std::from_chars(start, end, seconds);
  if (error != std::errc() || stopped != end || seconds < 0) return std::nullopt;
  if (seconds > kMaxUserSigSeconds) return std::nullopt;
  return seconds;
}

std::optional<UserSigTimes> TimesOf(const TicketV1& ticket) {
  const std::optional<std::int64_t> issued_at = Seconds(ticket.time);
  const std::optional<std::int64_t> life = Seconds(ticket.expire_after);
  if (!issued_at || !life) return std::nullopt;
  return UserSigTimes{.issued_at = *issued_at, .life = *life};
}

}  // namespace

Result<std::string> SignUserSigV1(const UserSigSubject& subject, std::string_view account_type,
                                  const EcdsaPrivateKey& key, TimePoint now,
                                  std::chrono::seconds life, std::string_view userbuf) {
  const std::string sdk_app_id = std::to_string(subject.sdk_app_id);
  const TicketV1 ticket{
      .appid_at_3rd = account_type == "0" ? "0" : sdk_app_id,
      .account_type = std::string(account_type),
      .identifier = subject.user_id.value,
      .sdk_appid = sdk_app_id,
      .time = std::to_string(UnixSeconds(now)),
      .expire_after = std::to_string(life.count()),
      .userbuf = userbuf.empty() ? std::nullopt : std::optional(EncodeBase64(userbuf)),
      .signature = ""};
  const Result<std::string> signature = key.Sign(SignedText(ticket));
  if (!signature) return signature.error();
  nlohmann::json object = {{"TLS.appid_at_3rd", ticket.appid_at_3rd},
                           {"TLS.account_type", ticket.account_type},
                           {"TLS.identifier", ticket.identifier},
                           {"TLS.sdk_appid", ticket.sdk_appid},
                           {"TLS.time", ticket.time},
                           {"TLS.expire_after", ticket.expire_after},
                           {"TLS.version", kLibraryVersion},
                           {"TLS.sig", EncodeBase64(*signature)}};
  if (ticket.userbuf) object["TLS.userbuf"] = *ticket.userbuf;
  return PackUserSig(object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

UserSigOutcome VerifyUserSigV1(std::string_view sig, const UserSigSubject& subject,
                               const std::optional<EcdsaPublicKey>& key, TimePoint now) {
  const std::optional<TicketV1> ticket = ReadV1(sig);
  if (!ticket) return UserSigOutcome::kMalformed;
  const std::optional<UserSigTimes> times = TimesOf(*ticket);
  if (!times) return UserSigOutcome::kMalformed;
  if (ticket->sdk_appid != std::to_string(subject.sdk_app_id)) return UserSigOutcome::kWrongApp;
  if (ticket->identifier != subject.user_id.value) return UserSigOutcome::kWrongUser;
  if (IsExpired(*times, now)) return UserSigOutcome::kExpired;

  const std::optional<std::string> signature = DecodeBase64(ticket->signature);
  const bool good = key && signature && key->Verify(SignedText(*ticket), *signature);
  return good ? UserSigOutcome::kOk : UserSigOutcome::kBadSignature;
}

std::optional<UserSigTimes> ReadTimesV1(std::string_view sig) {
  const std::optional<TicketV1> ticket = ReadV1(sig);
  return ticket ? TimesOf(*ticket) : std::nullopt;
}

}  // namespace rtcroom
