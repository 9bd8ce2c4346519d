// The fields of the endpoints of gen-2 and of webrtc_room (protocol B.4, B.5, B.8), as a table, and
// their invalid values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/e2e/expected_reply.h"

namespace rtcroom {

enum class Gen2Form : std::uint8_t {
  kUserId,
  kRoomId,
  kText,         ///< may be empty
  kInfo,         ///< a text, with a special reply when it is too long
  kPushUrl,      ///< an rtmp URL, or empty
  kNumber,       ///< an integer or its decimal text
  kWord,         ///< may not be empty
  kOperation,    ///< of set_custom_field
  kScalar,       ///< a string, a number or a boolean
  kMergeParams,  ///< an object, or its JSON text
  kTrtcUserId,   ///< of webrtc_room
  kTrtcRoomId,
  kTrtcInfo,  ///< may not be empty
  kTrtcNumber,
};

struct Gen2Field {
  std::string name = {};
  Gen2Form form = Gen2Form::kText;
  std::size_t max_bytes = 0;
  bool required = true;
};

struct Gen2Endpoint {
  std::string name = {};
  std::vector<Gen2Field> fields = {};
  nlohmann::json good = {};  ///< a valid body, from the pusher "u1" in the room "r1"
  bool live_only = false;
};

/// The tables of B.4 and B.5.
std::vector<Gen2Endpoint> Gen2Endpoints();

/// The table of B.8; `room_id` is that of a room with the member "user_1".
std::vector<Gen2Endpoint> WebrtcEndpoints(const std::string& room_id);

/// Whether callers are authenticated: a body that names another user is then refused first.
enum class Callers : std::uint8_t { kProven, kClaiming };

struct RefusedBody {
  std::string what = {};  ///< the error in it
  std::string text = {};  ///< the body, possibly invalid UTF-8
  ExpectedReply expected = {};
};

/// `endpoint.good` with the field missing, null, empty, ill-typed, too long, or not valid text,
/// where the protocol refuses that.
std::vector<RefusedBody> RefusedBodies(const Gen2Endpoint& endpoint, const Gen2Field& field,
                                       Callers callers);

}  // namespace rtcroom
