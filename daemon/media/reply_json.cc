#include "daemon/media/reply_json.h"

#include <cstddef>
#include <limits>

#include <fmt/format.h>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxTextBytes = 200;

/// Null unless the member is there and `is_wanted`.
const Json* Member(const Json& object, const char* name, bool (Json::*is_wanted)() const noexcept) {
  const auto member = object.find(name);
  return member != object.end() && ((*member).*is_wanted)() ? &*member : nullptr;
}

}  // namespace

Status CheckReplyStatus(const OutgoingReply& reply) {
  if (reply.status == 200) return {};
  return Error{Errc::kUnavailable, fmt::format("HTTP status {}", reply.status)};
}

Result<Json> ReadReplyObject(const OutgoingReply& reply) {
  if (const Status checked = CheckReplyStatus(reply); !checked) return checked.error();
  Json parsed = Json::parse(reply.body, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) return Error{Errc::kUnavailable, "a reply that cannot be read"};
  return parsed;
}

std::optional<std::int64_t> IntegerMember(const Json& object, const char* name) {
  const Json* const member = Member(object, name, &Json::is_number_integer);
  if (member == nullptr) return std::nullopt;
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (member->is_number_unsigned() && member->get<std::uint64_t>() > kMost) return std::nullopt;
  return member->get<std::int64_t>();
}

const Json* ObjectMember(const Json& object, const char* name) {
  return Member(object, name, &Json::is_object);
}

const Json* ArrayMember(const Json& object, const char* name) {
  return Member(object, name, &Json::is_array);
}

std::string ShortText(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size()) {
    const std::size_t next = length + FirstUtf8Piece(text.substr(length)).length;
    if (next > kMaxTextBytes) break;
    length = next;
  }
  return std::string(text.substr(0, length));
}

}  // namespace rtcroom
