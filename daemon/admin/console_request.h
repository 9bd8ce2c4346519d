// What a request to the console's API says, checked.
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
#include "handlers/form.h"
#include "handlers/request.h"

namespace rtcroom {

/// The query; all of it is UTF-8 without NUL.
Result<FormPairs> ReadQuery(const HttpRequest& request);
/// The body, which must be a JSON object.
Result<nlohmann::json> ReadObject(const HttpRequest& request);

/// `kind`; nothing where it is missing or empty.
Result<std::optional<RoomKind>> ReadKind(const FormPairs& query);

/// `kind` and `roomID`, which must be there.
Result<RoomKey> ReadRoom(const FormPairs& query);
Result<RoomKey> ReadRoom(const nlohmann::json& body);

/// `userID`, which must be there.
Result<UserId> ReadUser(const nlohmann::json& body);

/// Most entries of a page that is asked for.
struct PageLimit {
  std::size_t standard = 50;
  std::size_t most = 200;
};
/// `limit`: 1 to `bounds.most`, or the standard one.
Result<std::size_t> ReadLimit(const FormPairs& query, PageLimit bounds);

/// A whole number from 0 to what 63 bits hold; nothing where it is missing or empty.
Result<std::optional<std::uint64_t>> ReadNumber(const FormPairs& query, std::string_view name);

}  // namespace rtcroom
