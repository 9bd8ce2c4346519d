#include "daemon/config/config_hash.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "daemon/auth/digest.h"
#include "daemon/base/atomic_file.h"
#include "daemon/base/text.h"
#include "daemon/config/config_key.h"

namespace rtcroom {
namespace {

constexpr std::string_view kPurpose = "rtcroomd: nodes that are configured alike";
constexpr std::size_t kHashBytes = 4;

constexpr std::array<std::string_view, 30> kOfOneMachine = {
    "server.http_listen",
    "server.https_listen",
    "server.tls_cert",
    "server.tls_key",
    "server.max_connections_per_address",
    "server.max_connections",
    "server.idle_timeout",
    "server.request_timeout",
    "server.drain_timeout",
    "server.trusted_proxies",
    "server.proxy_protocol",
    "server.max_held_bytes",
    "server.workers",
    "admin.listen",
    "grpc.listen",
    "grpc.tls_cert",
    "grpc.tls_key",
    "grpc.client_ca",
    "store.url",
    "store.data_dir",
    "store.warn_async",
    "live.api_base_url",
    "live.callback_allow",
    "recording.root",
    "mix.server",
    "mix.ffmpeg",
    "utils.log_dir",
    "utils.public_url",
    "log.level",
    "log.format",
};

bool IsOfOneMachine(const ConfigKey& key) {
  return std::ranges::count(kOfOneMachine, key.FullName()) != 0;
}

bool IsKeyFile(const ConfigKey& key) {
  return key.section == "im" && (key.name == "private_key_file" || key.name == "public_key_file");
}

/// Texts in a form in which none runs into the next one.
void Append(std::string_view text, std::string& to) {
  to += fmt::format("{}:", text.size());
  to += text;
}

}  // namespace

std::string HashConfig(const Config& config) {
  const Config defaults;
  std::string settings;
  std::string secrets;
  Append(kPurpose, settings);
  for (const ConfigKey& key : AllConfigKeys()) {
    const ConfigValue value = key.get(config);
    if (IsOfOneMachine(key) || value == key.get(defaults)) continue;
    Append(key.FullName(), settings);
    if (const auto* const secret = std::get_if<Secret>(&value)) {
      Append(key.FullName(), secrets);
      Append(secret->Reveal(), secrets);
    } else if (IsKeyFile(key)) {
      // One that cannot be read ends the start where it is used.
      const Result<std::string> content = ReadSmallFile(std::get<std::string>(value));
      Append(key.FullName(), secrets);
      Append(content ? *content : std::string(), secrets);
    } else {
      Append(WriteValue(key.rule, value), settings);
    }
  }
  return ToHex(Scrypt(Secret(std::move(secrets)), settings, kHashBytes));
}

}  // namespace rtcroom
