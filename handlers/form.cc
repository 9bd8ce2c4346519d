#include "handlers/form.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace rtcroom {
namespace {

std::string Decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  while (!text.empty()) {
    std::size_t taken = 1;
    if (text.front() == '+') {
      decoded += ' ';
    } else if (unsigned char byte = 0;
               text.front() == '%' && text.size() >= 3 &&
               std::from_chars(text.data() + 1, text.data() + 3, byte, 16).ptr == text.data() + 3) {
      decoded += static_cast<char>(byte);
      taken = 3;
    } else {
      decoded += text.front();
    }
    text.remove_prefix(taken);
  }
  return decoded;
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
