#include "daemon/im/im_wire.h"

#include <cstddef>
#include <iterator>
#include <limits>
#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/base/percent_encoding.h"

namespace rtcroom {
namespace {

using Json = nlohmann::json;

/// The most bytes of the service's error text.
constexpr std::size_t kMaxDetailBytes = 200;

std::string TextField(const Json& object, const char* name) {
  const auto field = object.find(name);
  return field != object.end() && field->is_string() ? field->get<std::string>() : std::string();
}

void ReplaceAll(std::string& text, std::string_view what, std::string_view by) {
  if (what.empty()) return;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), by);
    at += by.size();
  }
}

}  // namespace

std::string ImTarget(std::string_view command, const ImCallerIdentity& caller,
                     RandomSource& random) {
  return fmt::format("/v4/{}?sdkappid={}&identifier={}&usersig={}&random={}&contenttype=json",
                     command, caller.sdk_app_id, PercentEncode(caller.administrator.value),
                     PercentEncode(caller.signature.Reveal()), RandomUint32(random));
}

std::optional<ImErrorReport> ReadImErrorReport(const std::string& body) {
  const Json object = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return std::nullopt;
  const auto code = object.find("ErrorCode");
  if (code == object.end() || !code->is_number_integer()) return std::nullopt;
  // A number too large for the type would be converted to another one.
  const bool fits = code->is_number_unsigned()
                        ? code->get<std::uint64_t>() <= std::numeric_limits<int>::max()
                        : code->get<std::int64_t>() >= std::numeric_limits<int>::min();
  if (!fits) return std::nullopt;
  return ImErrorReport{.ok = TextField(object, "ActionStatus") == "OK",
                       .code = code->get<int>(),
                       .info = TextField(object, "ErrorInfo")};
}

std::string ImTextForTheLog(std::string text, const Secret& signature) {
  ReplaceAll(text, signature.Reveal(), "***");
  ReplaceAll(text, PercentEncode(signature.Reveal()), "***");
  std::string visible;
  for (const char byte : text) {
    if (visible.size() >= kMaxDetailBytes) break;
    if (byte >= ' ' && byte <= '~') {
      visible += byte;
    } else {
      fmt::format_to(std::back_inserter(visible), "\\x{:02x}", static_cast<unsigned char>(byte));
    }
  }
  return visible;
}

}  // namespace rtcroom
