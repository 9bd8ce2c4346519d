#include "daemon/base/percent_encoding.h"

#include <iterator>

#include <fmt/format.h>

namespace rtcroom {
namespace {

bool IsUnreserved(char byte) {
  return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
         (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' || byte == '~';
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

}  // namespace rtcroom
