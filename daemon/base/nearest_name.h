// The name that was meant.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rtcroom {

/// The one of `names` that `word` was most likely meant to be: with the fewest letters left out,
/// added, replaced or swapped with their neighbour, ignoring the case of ASCII letters. Of several
/// the first.
/// @return nullopt when more than a third of the letters differ.
std::optional<std::string> NearestName(std::string_view word, std::span<const std::string> names);

/// "" or "; did you mean NAME?".
std::string DidYouMean(std::string_view word, std::span<const std::string> names);

}  // namespace rtcroom
