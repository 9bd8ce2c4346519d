#include "daemon/admin/console_request.h"

#include <limits>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/parse_integer.h"
#include "handlers/rooms/utils_request.h"
#include "handlers/shared/request_text.h"

namespace rtcroom {
namespace {

Error Wrong(std::string_view field, std::string_view fault) {
  return {Errc::kBadRequest, fmt::format("{}: {}", field, fault)};
}

Result<RoomKind> KindNamed(std::string_view name) {
  for (const RoomKind kind : kAllRoomKinds) {
    if (name == RoomKindName(kind)) return kind;
  }
  return Wrong("kind", name.empty() ? "missing" : "must be double, multi, live or webrtc");
}

Result<RoomId> MakeRoomId(std::string_view id) {
  if (id.empty()) return Wrong("roomID", "missing");
  if (!IsRoomIdText(id)) {
    return Wrong("roomID", "must be 1 to 48 bytes of printable ASCII");
  }
  return RoomId{std::string(id)};
}

Result<RoomKey> MakeRoomKey(std::string_view kind_name, std::string_view id) {
  const Result<RoomKind> kind = KindNamed(kind_name);
  if (!kind) return kind.error();
  Result<RoomId> room_id = MakeRoomId(id);
  if (!room_id) return room_id.error();
  return RoomKey{.kind = *kind, .id = *std::move(room_id)};
}

Result<UserId> MakeUserId(std::string_view id) {
  if (id.empty()) return Wrong("userID", "missing");
  if (!IsUserIdText(id)) {
    return Wrong("userID", "must be 1 to 64 bytes of printable ASCII");
  }
  return UserId{std::string(id)};
}

/// Empty when it is missing.
Result<std::string> ReadString(const nlohmann::json& body, const char* name) {
  const auto found = body.find(name);
  if (found == body.end() || found->is_null()) return std::string();
  if (!found->is_string()) return Wrong(name, "must be a string");
  return found->get<std::string>();
}

}  // namespace

Result<FormPairs> ReadQuery(const HttpRequest& request) {
  FormPairs query = ParseForm(request.query);
  if (const Status readable = CheckQuery(query); !readable) return readable.error();
  return query;
}

Result<nlohmann::json> ReadObject(const HttpRequest& request) {
  Result<nlohmann::json> parsed = ParseJson(request.body);
  if (!parsed) return Wrong("body", parsed.error().detail);
  if (!parsed->is_object()) return Wrong("body", "not a JSON object");
  return parsed;
}

Result<std::optional<RoomKind>> ReadKind(const FormPairs& query) {
  const std::string_view name = FirstOrEmpty(query, "kind");
  if (name.empty()) return std::optional<RoomKind>();
  const Result<RoomKind> kind = KindNamed(name);
  if (!kind) return kind.error();
  return std::optional(*kind);
}

Result<RoomKey> ReadRoom(const FormPairs& query) {
  return MakeRoomKey(FirstOrEmpty(query, "kind"), FirstOrEmpty(query, "roomID"));
}

Result<RoomKey> ReadRoom(const nlohmann::json& body) {
  const Result<std::string> kind = ReadString(body, "kind");
  if (!kind) return kind.error();
  const Result<std::string> id = ReadString(body, "roomID");
  if (!id) return id.error();
  return MakeRoomKey(*kind, *id);
}

Result<std::optional<RoomId>> ReadRoomId(const FormPairs& query) {
  const std::string_view text = FirstOrEmpty(query, "roomID");
  if (text.empty()) return std::optional<RoomId>();
  Result<RoomId> id = MakeRoomId(text);
  if (!id) return id.error();
  return std::optional(*std::move(id));
}

Result<std::optional<UserId>> ReadUserId(const FormPairs& query) {
  const std::string_view text = FirstOrEmpty(query, "userID");
  if (text.empty()) return std::optional<UserId>();
  Result<UserId> id = MakeUserId(text);
  if (!id) return id.error();
  return std::optional(*std::move(id));
}

Result<UserId> ReadUser(const nlohmann::json& body) {
  const Result<std::string> id = ReadString(body, "userID");
  if (!id) return id.error();
  return MakeUserId(*id);
}

Result<std::size_t> ReadLimit(const FormPairs& query, PageLimit bounds) {
  const Result<std::optional<std::uint64_t>> asked = ReadNumber(query, "limit");
  const bool is_good = asked && (!*asked || (**asked >= 1 && **asked <= bounds.most));
  if (!is_good) return Wrong("limit", fmt::format("must be 1 to {}", bounds.most));
  return asked->value_or(bounds.standard);
}

Result<std::optional<std::uint64_t>> ReadNumber(const FormPairs& query, std::string_view name) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const std::string_view text = FirstOrEmpty(query, name);
  if (text.empty()) return std::optional<std::uint64_t>();
  const std::optional<std::uint64_t> number = ParseInteger<std::uint64_t>(text);
  if (!number || *number > kMost) return Wrong(name, "must be a whole number");
  return number;
}

}  // namespace rtcroom
