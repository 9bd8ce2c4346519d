#include "daemon/config/environment.h"

#include <cstddef>
#include <initializer_list>

namespace rtcroom {
namespace {

/// Removes the first of `ends` that `text` ends with.
bool CutEnd(std::string_view& text, std::initializer_list<std::string_view> ends) {
  for (const std::string_view end : ends) {
    if (!text.ends_with(end)) continue;
    text.remove_suffix(end.size());
    return true;
  }
  return false;
}

}  // namespace

Environment TakeEnvironment(const char* const* variables) {
  Environment environment;
  for (; variables != nullptr && *variables != nullptr; ++variables) {
    const std::string_view variable = *variables;
    const std::size_t equals = variable.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(variable.substr(0, equals), variable.substr(equals + 1));
  }
  return environment;
}

bool IsServiceVariable(std::string_view name, std::string_view value) {
  if (name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT") ||
      name.find("_SERVICE_PORT_") != std::string_view::npos) {
    return true;
  }
  if (name.ends_with("_PORT")) {
    for (const std::string_view scheme : {"tcp://", "udp://", "sctp://"}) {
      if (value.starts_with(scheme)) return true;
    }
  }
  (void)CutEnd(name, {"_PROTO", "_PORT", "_ADDR"});
  if (!CutEnd(name, {"_TCP", "_UDP", "_SCTP"})) return false;
  const std::size_t before_port = name.find_last_not_of("0123456789") + 1;
  return before_port < name.size() && name.substr(0, before_port).ends_with("_PORT_");
}

}  // namespace rtcroom
