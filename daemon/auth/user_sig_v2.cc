#include "daemon/auth/user_sig_v2.h"

#include <cstdint>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/auth/json_member.h"
#include "daemon/auth/user_sig_envelope.h"
#include "daemon/base/base64.h"
#include "daemon/base/digest.h"

namespace rtcroom {
namespace {

constexpr std::string_view kVersion = "2.0";

struct TicketV2 {
  UserSigSubject subject;
  UserSigTimes times;
  std::optional<std::string> userbuf;  ///< base64, as it is signed
  std::string signature;               ///< base64
};

std::string Signature(const TicketV2& ticket, const Secret& key) {
  std::string text = fmt::format("TLS.identifier:{}\nTLS.sdkappid:{}\nTLS.time:{}\nTLS.expire:{}\n",
                                 ticket.subject.user_id.value, ticket.subject.sdk_app_id,
                                 ticket.times.issued_at, ticket.times.life);
  if (ticket.userbuf) text += fmt::format("TLS.userbuf:{}\n", *ticket.userbuf);
  return EncodeBase64(HmacSha256(key, text));
}

/// A whole number from 0 to `most`.
std::optional<std::int64_t> Number(const nlohmann::json& object, const char* name,
                                   std::int64_t most) {
  const auto field = object.find(name);
  if (field == object.end() || !field->is_number_unsigned()) return std::nullopt;
  const auto number = field->get<std::uint64_t>();
  if (number > static_cast<std::uint64_t>(most)) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

std::optional<TicketV2> ReadV2(std::string_view sig) {
  const std::optional<std::string> text = UnpackUserSig(sig);
  if (!text) return std::nullopt;
  const nlohmann::json object = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object() || TextMember(object, "TLS.ver") != kVersion) return std::nullopt;

  const auto user_id = TextMember(object, "TLS.identifier");
  const auto sdk_app_id = Number(object, "TLS.sdkappid", UINT32_MAX);
  const auto issued_at = Number(object, "TLS.time", kMaxUserSigSeconds);
  const auto life = Number(object, "TLS.expire", kMaxUserSigSeconds);
  const auto signature = TextMember(object, "TLS.sig");
  if (!user_id || !sdk_app_id || !issued_at || !life || !signature) return std::nullopt;

  TicketV2 ticket{.subject = {static_cast<std::uint32_t>(*sdk_app_id), {*user_id}},
                  .times = {*issued_at, *life},
                  .userbuf = std::nullopt,
                  .signature = *signature};
  if (object.contains("TLS.userbuf")) {
    ticket.userbuf = TextMember(object, "TLS.userbuf");
    // Other text than base64 could contain a line feed, and so an unsigned line.
    if (!ticket.userbuf || !DecodeBase64(*ticket.userbuf)) return std::nullopt;
  }
  return ticket;
}

}  // namespace

std::string SignUserSigV2(const UserSigSubject& subject, const Secret& key, TimePoint now,
                          std::chrono::seconds life, std::string_view userbuf) {
  TicketV2 ticket;
  ticket.subject = subject;
  ticket.times = {.issued_at = UnixSeconds(now), .life = life.count()};
  if (!userbuf.empty()) ticket.userbuf = EncodeBase64(userbuf);
  nlohmann::json object = {{"TLS.ver", kVersion},
                           {"TLS.identifier", subject.user_id.value},
                           {"TLS.sdkappid", subject.sdk_app_id},
                           {"TLS.expire", ticket.times.life},
                           {"TLS.time", ticket.times.issued_at},
                           {"TLS.sig", Signature(ticket, key)}};
  if (ticket.userbuf) object["TLS.userbuf"] = *ticket.userbuf;
  return PackUserSig(object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

UserSigOutcome VerifyUserSigV2(std::string_view sig, const UserSigSubject& subject,
                               const Secret& key, TimePoint now) {
  const std::optional<TicketV2> ticket = ReadV2(sig);
  if (!ticket) return UserSigOutcome::kMalformed;
  if (ticket->subject.sdk_app_id != subject.sdk_app_id) return UserSigOutcome::kWrongApp;
  if (ticket->subject.user_id != subject.user_id) return UserSigOutcome::kWrongUser;
  if (IsExpired(ticket->times, now)) return UserSigOutcome::kExpired;
  // Any caller can sign with an empty key.
  const bool good = !key.empty() && SameBytes(ticket->signature, Signature(*ticket, key));
  return good ? UserSigOutcome::kOk : UserSigOutcome::kBadSignature;
}

std::optional<UserSigTimes> ReadTimesV2(std::string_view sig) {
  const std::optional<TicketV2> ticket = ReadV2(sig);
  return ticket ? std::optional(ticket->times) : std::nullopt;
}

}  // namespace rtcroom
