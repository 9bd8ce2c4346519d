#include "daemon/config/config_hash.h"

#include <cstddef>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "daemon/base/atomic_file.h"
#include "daemon/base/digest.h"
#include "daemon/base/text.h"
#include "daemon/config/config_key.h"

namespace rtcroom {
namespace {

constexpr std::string_view kPurpose = "rtcroomd: nodes that are configured alike";
constexpr std::size_t kHashBytes = 4;

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
    if (key.is_of_one_machine || value == key.get(defaults)) continue;
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
