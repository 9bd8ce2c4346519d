// The parts of a URL that tests check.
#pragma once

#include <string>
#include <string_view>

namespace rtcroom {

/// A query parameter of a URL or of a path and query, percent-decoded; empty when there is none.
std::string QueryParameter(std::string_view url, std::string_view name);

}  // namespace rtcroom
