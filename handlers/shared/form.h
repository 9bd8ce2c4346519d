// Parses `name=value&name=value`: query strings and form bodies.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rtcroom {

/// Pairs in the order sent.
using FormPairs = std::vector<std::pair<std::string, std::string>>;

/// Names and values are percent-decoded once, and `+` means space (protocol F.6). A name without
/// `=` has an empty value; a `%` not followed by two hex digits is kept. The result may hold any
/// byte.
FormPairs ParseForm(std::string_view text);

/// The first value of `name`, or null.
const std::string* FindFirst(const FormPairs& pairs, std::string_view name);

/// The same, or empty; valid as long as `pairs`.
std::string_view FirstOrEmpty(const FormPairs& pairs, std::string_view name);

}  // namespace rtcroom
