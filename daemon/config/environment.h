// Environment variables as a value, so that only main reads the real ones.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace rtcroom {

/// Names and values.
using Environment = std::map<std::string, std::string>;

/// Takes the contents of `environ(7)`: `NAME=value` texts, ended by a null pointer.
Environment TakeEnvironment(const char* const* variables);

/// Whether Kubernetes sets such a variable in every container beside a service: NAME_SERVICE_HOST,
/// NAME_SERVICE_PORT, NAME_SERVICE_PORT_HTTP, NAME_PORT_80_TCP, NAME_PORT_80_TCP_ADDR and the like,
/// and NAME_PORT with a value such as tcp://10.0.0.1:80.
/// @source  Kubernetes, "Service", "Environment variables".
bool IsServiceVariable(std::string_view name, std::string_view value);

}  // namespace rtcroom
