// Environment variables as a value, so that only main reads the real ones.
#pragma once

#include <map>
#include <string>

namespace rtcroom {

/// Names and values.
using Environment = std::map<std::string, std::string>;

/// Takes the contents of `environ(7)`: `NAME=value` texts, ended by a null pointer.
Environment TakeEnvironment(const char* const* variables);

}  // namespace rtcroom
