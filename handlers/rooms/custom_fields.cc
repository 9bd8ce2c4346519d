#include "handlers/rooms/custom_fields.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace rtcroom {
namespace {

/// Keeps the insertion order of the fields.
using Object = nlohmann::ordered_json;

Result<Object> ParseCustom(std::string_view custom) {
  Object object = Object::parse(custom, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return Error{Errc::kInternal, "the stored custom fields are no object"};
  return object;
}

/// @param name  the field that was changed.
Result<rules::CustomChange> Finish(const Object& object, const std::string& name) {
  if (object.size() > kMaxCustomFields) {
    return Error{Errc::kBadRequest, "fieldName: the room has as many fields as it may"};
  }
  return rules::CustomChange{
      .custom = object.dump(),
      .event = {.field = Object(name).dump(), .value = object.at(name).dump()}};
}

/// An unsigned number above the 64-bit signed range counts as its maximum; the sum saturates.
std::int64_t AddWithin64Bits(const Object& number, int step) {
  using Limits = std::numeric_limits<std::int64_t>;
  std::int64_t value = Limits::max();
  if (!number.is_number_unsigned() ||
      number.get<std::uint64_t>() <= static_cast<std::uint64_t>(Limits::max())) {
    value = number.get<std::int64_t>();
  }
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(value, step, &sum)) return sum;
  return step > 0 ? Limits::max() : Limits::min();
}

}  // namespace

Result<rules::CustomChange> SetCustomField(std::string_view custom, const std::string& name,
                                           const nlohmann::json& value) {
  Result<Object> object = ParseCustom(custom);
  if (!object) return object.error();
  (*object)[name] = Object(value);
  return Finish(*object, name);
}

Result<rules::CustomChange> CountCustomField(std::string_view custom, const std::string& name,
                                             int step) {
  Result<Object> object = ParseCustom(custom);
  if (!object) return object.error();
  Object& field = (*object)[name];
  if (field.is_null()) field = 0;
  if (field.is_number_float()) {
    field = field.get<double>() + step;
  } else if (field.is_number()) {
    field = AddWithin64Bits(field, step);
  } else {
    return Error{Errc::kBadRequest, "fieldName: holds no number"};
  }
  return Finish(*object, name);
}

}  // namespace rtcroom
