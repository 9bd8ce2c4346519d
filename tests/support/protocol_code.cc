#include "tests/support/protocol_code.h"

#include <nlohmann/json.hpp>

namespace rtcroom {

int CodeOf(const nlohmann::json& body) {
  if (!body.is_object()) return kNoCode;
  const auto field = body.find("code");
  return field != body.end() && field->is_number_integer() ? field->get<int>() : kNoCode;
}

}  // namespace rtcroom
