#include "daemon/web/sdp_lines.h"

#include <algorithm>

namespace rtcroom {
namespace {

std::vector<std::string_view> Split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(at), text.size());
    std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.ends_with('\r')) part.remove_suffix(1);
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

}  // namespace

std::vector<std::string_view> LinesOf(std::string_view text) { return Split(text, '\n'); }

std::vector<std::string_view> WordsOf(std::string_view text) { return Split(text, ' '); }

}  // namespace rtcroom
