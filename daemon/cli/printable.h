// Untrusted text on a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rtcroom {

/// The text on one line, safe for a terminal: characters that move the cursor or change the writing
/// direction are printed as their code points, and bytes that are not UTF-8 as numbers.
/// @param most  maximum bytes; longer text is cut; 0: no limit.
std::string Printable(std::string_view text, std::size_t most = 0);

}  // namespace rtcroom
