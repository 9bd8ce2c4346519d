// `name=value&name=value`: query strings and form bodies.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rtcroom {

/// Pairs in the order in which they were sent.
using FormPairs = std::vector<std::pair<std::string, std::string>>;

/// Names and values are percent-decoded once, and `+` means space (protocol F.6). A name without
/// `=` has an empty value; a `%` that two hex digits do not follow stays as it is. The outcome
/// may hold any byte.
FormPairs ParseForm(std::string_view text);

/// The first value of `name`, or null.
const std::string* FindFirst(const FormPairs& pairs, std::string_view name);

/// The same, or nothing; valid as long as `pairs`.
std::string_view FirstOrEmpty(const FormPairs& pairs, std::string_view name);

}  // namespace rtcroom
