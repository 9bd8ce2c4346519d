#include "daemon/admin/kick_endpoint.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/admin/console_request.h"
#include "daemon/core/ban_store.h"

namespace rtcroom {
namespace {

using nlohmann::json;

/// Nullopt for 0 seconds, and when the field is missing.
Result<std::optional<std::chrono::milliseconds>> ReadBan(const json& body) {
  constexpr std::uint64_t kMost = std::chrono::seconds(kLongestBan).count();
  const auto found = body.find("banSeconds");
  if (found == body.end() || found->is_null()) return std::optional<std::chrono::milliseconds>();
  // The parser stores every non-negative whole number as unsigned.
  if (!found->is_number_unsigned() || found->get<std::uint64_t>() > kMost) {
    return Error{Errc::kBadRequest, "banSeconds: must be a whole number from 0 to 366 days"};
  }
  const std::chrono::seconds ban(found->get<std::int64_t>());
  if (ban == std::chrono::seconds(0)) return std::optional<std::chrono::milliseconds>();
  return std::optional<std::chrono::milliseconds>(ban);
}

}  // namespace

Result<json> Kick(const HttpRequest& request, RoomService& rooms) {
  const Result<json> body = ReadObject(request);
  if (!body) return body.error();
  Result<RoomKey> room = ReadRoom(*body);
  if (!room) return room.error();
  Result<UserId> user = ReadUser(*body);
  if (!user) return user.error();
  const Result<std::optional<std::chrono::milliseconds>> ban = ReadBan(*body);
  if (!ban) return ban.error();
  const Result<KickOutcome> outcome =
      rooms.KickPusher({.room = *std::move(room), .user_id = *std::move(user), .ban = *ban});
  if (!outcome) return outcome.error();
  return json::object();
}

Result<json> Dismiss(const HttpRequest& request, RoomService& rooms) {
  const Result<json> body = ReadObject(request);
  if (!body) return body.error();
  const Result<RoomKey> room = ReadRoom(*body);
  if (!room) return room.error();
  if (const Status done = rooms.DismissRoom(*room); !done) return done.error();
  return json::object();
}

}  // namespace rtcroom
