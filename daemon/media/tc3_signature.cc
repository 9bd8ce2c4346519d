#include "daemon/media/tc3_signature.h"

#include <chrono>
#include <cstdint>

#include <fmt/format.h>

#include "daemon/base/digest.h"
#include "daemon/base/text.h"

namespace rtcroom {
namespace {

constexpr std::string_view kAlgorithm = "TC3-HMAC-SHA256";

std::string SignedNames(std::span<const Tc3Header> headers) {
  std::string names;
  for (const Tc3Header& header : headers) {
    if (!names.empty()) names += ';';
    names += header.name;
  }
  return names;
}

/// UTC, as 2023-11-14.
std::string DateOf(TimePoint time) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(time));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

}  // namespace

Tc3Keys DeriveTc3Keys(const Secret& secret_key, std::string_view date, std::string_view service) {
  Tc3Keys keys;
  keys.of_date = Secret(HmacSha256(Secret("TC3" + secret_key.Reveal()), date));
  keys.of_service = Secret(HmacSha256(keys.of_date, service));
  keys.of_signing = Secret(HmacSha256(keys.of_service, "tc3_request"));
  return keys;
}

std::string Tc3RequestHash(std::span<const Tc3Header> headers, std::string_view payload) {
  std::string canonical = "POST\n/\n\n";
  for (const Tc3Header& header : headers) {
    canonical += fmt::format("{}:{}\n", header.name, header.value);
  }
  canonical += fmt::format("\n{}\n{}", SignedNames(headers), Sha256Hex(payload));
  return Sha256Hex(canonical);
}

Tc3Signature SignTc3(const Tc3Signer& signer, std::string_view service,
                     std::span<const Tc3Header> headers, std::string_view payload, TimePoint now) {
  const std::string date = DateOf(now);
  const std::string scope = fmt::format("{}/{}/tc3_request", date, service);
  const std::int64_t timestamp =
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  const std::string text =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, timestamp, scope, Tc3RequestHash(headers, payload));
  const Tc3Keys keys = DeriveTc3Keys(signer.secret_key, date, service);
  Tc3Signature signature{.hex = ToHex(HmacSha256(keys.of_signing, text)), .authorization = {}};
  signature.authorization =
      Secret(fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                         signer.secret_id, scope, SignedNames(headers), signature.hex));
  return signature;
}

}  // namespace rtcroom
