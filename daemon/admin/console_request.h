// Parses and checks requests to the console's API.
//
// All errors are kBadRequest, with a sentence that names the field and holds no value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

#include "daemon/base/result.h"
#include "daemon/core/ids.h"
#include "daemon/http/message.h"
#include "handlers/shared/request_text.h"

namespace rtcroom {

/// The query; all of it is UTF-8 without NUL.
Result<FormPairs> ReadQuery(const HttpRequest& request);
/// The body, which must be a JSON object.
Result<nlohmann::json> ReadObject(const HttpRequest& request);

/// `kind`; nullopt when it is missing or empty.
Result<std::optional<RoomKind>> ReadKind(const FormPairs& query);

/// `kind` and `roomID`, both required.
Result<RoomKey> ReadRoom(const FormPairs& query);
Result<RoomKey> ReadRoom(const nlohmann::json& body);

/// `roomID`; nullopt when it is missing or empty.
Result<std::optional<RoomId>> ReadRoomId(const FormPairs& query);
/// `userID`, likewise.
Result<std::optional<UserId>> ReadUserId(const FormPairs& query);

/// `userID`, required.
Result<UserId> ReadUser(const nlohmann::json& body);

/// Bounds on the requested number of entries per page.
struct PageLimit {
  std::size_t standard = 50;
  std::size_t most = 200;
};
/// `limit`: 1 to `bounds.most`, or the standard value.
Result<std::size_t> ReadLimit(const FormPairs& query, PageLimit bounds);

/// A whole number from 0 to 2^63 - 1; nullopt when it is missing or empty.
Result<std::optional<std::uint64_t>> ReadNumber(const FormPairs& query, std::string_view name);

}  // namespace rtcroom
