#include "handlers/shared/form.h"

#include <algorithm>
#include <cstddef>

#include "daemon/base/percent_encoding.h"

namespace rtcroom {
namespace {

/// @source the form encoding of the URL standard: `+` is a space.
std::string Decode(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return PercentDecode(spaced);
}

}  // namespace

FormPairs ParseForm(std::string_view text) {
  FormPairs pairs;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    pairs.emplace_back(Decode(pair.substr(0, equals)), Decode(value));
  }
  return pairs;
}

const std::string* FindFirst(const FormPairs& pairs, std::string_view name) {
  const auto found = std::ranges::find(pairs, name, &FormPairs::value_type::first);
  return found == pairs.end() ? nullptr : &found->second;
}

std::string_view FirstOrEmpty(const FormPairs& pairs, std::string_view name) {
  const std::string* const value = FindFirst(pairs, name);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

}  // namespace rtcroom
