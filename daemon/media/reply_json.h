// JSON replies of outside services.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "daemon/base/result.h"
#include "daemon/http_client/outgoing_reply.h"

namespace rtcroom {

/// The object that a reply of status 200 consists of.
/// @errors kUnavailable for any other reply; the detail names the status, never the body.
Result<nlohmann::json> ReadReplyObject(const OutgoingReply& reply);

/// @errors kUnavailable unless the status is 200.
Status CheckReplyStatus(const OutgoingReply& reply);

/// The member `name`; nullopt when it is absent or no integer of 64 bits.
std::optional<std::int64_t> IntegerMember(const nlohmann::json& object, const char* name);

/// The member `name` when it is an object; otherwise null.
const nlohmann::json* ObjectMember(const nlohmann::json& object, const char* name);
/// The member `name` when it is an array; otherwise null.
const nlohmann::json* ArrayMember(const nlohmann::json& object, const char* name);

/// The first 200 bytes of a text of the service, without splitting a character.
std::string ShortText(std::string_view text);

}  // namespace rtcroom
