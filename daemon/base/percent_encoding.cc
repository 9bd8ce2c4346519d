#include "daemon/base/percent_encoding.h"

#include <charconv>
#include <iterator>

#include <fmt/format.h>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

bool IsUnreserved(char byte) {
  return IsAsciiAlphanumeric(byte) || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

}  // namespace

std::string PercentEncode(std::string_view text, std::string_view also_kept) {
  std::string encoded;
  encoded.reserve(text.size());
  for (const char byte : text) {
    if (IsUnreserved(byte) || also_kept.find(byte) != std::string_view::npos) {
      encoded += byte;
    } else {
      fmt::format_to(std::back_inserter(encoded), "%{:02X}", static_cast<unsigned char>(byte));
    }
  }
  return encoded;
}

std::string PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  while (!text.empty()) {
    unsigned char byte = 0;
    const char* const digits = text.data() + 1;
    const bool is_encoded = text.front() == '%' && text.size() >= 3 &&
                            std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
    decoded += is_encoded ? static_cast<char>(byte) : text.front();
    text.remove_prefix(is_encoded ? 3 : 1);
  }
  return decoded;
}

}  // namespace rtcroom
