// The endpoints of handlers/rooms/endpoint_spec.h, with valid and invalid values of their fields.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/base/result.h"
#include "handlers/shared/field_spec.h"
#include "handlers/shared/protocol.h"

namespace rtcroom {

/// An endpoint in one of its protocols.
struct EndpointCall {
  std::string_view endpoint{};
  std::string_view method{};
  Protocol protocol = Protocol::kGen1;
  std::vector<std::string_view> areas{};  ///< the path segments before it: `live_room`, `utils`
  std::span<const FieldSpec> fields{};
  bool needs_token = false;  ///< of a caller of gen-2, unless `auth.mode` is open

  /// `webrtc_create_room`, `GET_gen2_get_login_info`
  [[nodiscard]] std::string name() const;
};
std::ostream& operator<<(std::ostream& out, const EndpointCall& call);

/// Every endpoint in each of its protocols; one that is the same in both dialects, in gen-1.
std::vector<EndpointCall> AllCalls();
/// Those with fields in the body.
std::vector<EndpointCall> CallsWithBody();

/// Every required field with a valid value: those of the user "u1" in the room "r1", in webrtc_room
/// of "user_1" in the room 1.
nlohmann::json GoodBody(const EndpointCall& call);

/// The longest valid value; nullopt for a field without a limit.
std::optional<nlohmann::json> LongestValue(const FieldSpec& field);

/// Valid values that look like missing or ill-typed ones.
std::vector<nlohmann::json> UnusualValues(const FieldSpec& field, Protocol protocol);

enum class FieldFault : std::uint8_t { kMissing, kIllTyped, kTooLong, kMalformed };

/// A value that is refused, and the failure.
struct BadValue {
  FieldFault fault = FieldFault::kMissing;
  std::optional<nlohmann::json> value{};  ///< nullopt: the field is left out
  std::string detail{};                   ///< `userID: missing`
  Errc code = Errc::kBadRequest;
};
std::vector<BadValue> BadValues(const FieldSpec& field, Protocol protocol);

/// `good` with `bad` in its field.
nlohmann::json BodyWith(nlohmann::json good, const FieldSpec& field, const BadValue& bad);

/// `good` with the field spelled as strings that are not valid text (protocol 0.3, F.6).
std::vector<std::string> BodiesOfNoText(nlohmann::json good, const FieldSpec& field);

}  // namespace rtcroom
