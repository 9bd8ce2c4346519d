// The fields of each endpoint (protocol A.3), as a table, and their invalid values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace rtcroom {

enum class FieldType : std::uint8_t {
  kUserId,
  kRoomId,
  kText,    ///< any UTF-8, not empty
  kNumber,  ///< an integer or its decimal text
  kObject,
};

struct FieldRow {
  std::string name = {};
  FieldType type = FieldType::kText;
  std::size_t max_bytes = 0;  ///< 0: no limit of its own
};

struct EndpointRow {
  std::string name = {};
  std::vector<FieldRow> required = {};
  bool live_only = false;
};

/// The ten rows of A.3.
std::vector<EndpointRow> EndpointTable();

/// A valid body for the endpoint, for a room "r1" of the pusher "u1".
nlohmann::json GoodBody(const EndpointRow& endpoint);

struct BadBody {
  std::string what = {};  ///< the error in it
  std::string text = {};  ///< the body, possibly invalid UTF-8
  bool is_json = true;
};

/// `good` with the field missing, null, empty, ill-typed, too long, or not valid text.
std::vector<BadBody> BadBodies(const nlohmann::json& good, const FieldRow& field);

/// `good` with the field a string of bytes or escapes that are not valid text (protocol 0.3, F.6).
std::vector<BadBody> BodiesOfNoText(nlohmann::json good, const std::string& field);

}  // namespace rtcroom
