// The lines and words of a session description.
#pragma once

#include <string_view>
#include <vector>

namespace rtcroom {

/// The lines, without their ends; empty ones are left out.
std::vector<std::string_view> LinesOf(std::string_view text);

/// The words between spaces.
std::vector<std::string_view> WordsOf(std::string_view text);

}  // namespace rtcroom
