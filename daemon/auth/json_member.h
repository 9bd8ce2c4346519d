// Members of JSON objects that others have written.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace rtcroom {

/// The member `name` of `object`; nullopt when it is absent or not a string.
inline std::optional<std::string> TextMember(const nlohmann::json& object, const char* name) {
  const auto member = object.find(name);
  if (member == object.end() || !member->is_string()) return std::nullopt;
  return member->get<std::string>();
}

}  // namespace rtcroom
