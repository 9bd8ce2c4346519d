#include "daemon/http/forwarded_for.h"

#include <optional>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

// `1.2.3.4`, `1.2.3.4:567`, `::1`, `[::1]` or `[::1]:567`.
std::optional<IpAddress> ParseHop(std::string_view hop) {
  if (hop.starts_with('[')) {
    const std::size_t bracket = hop.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    const std::string_view after = hop.substr(bracket + 1);
    const bool fine = after.empty() || (after.starts_with(':') && ParsePort(after.substr(1)));
    return fine ? IpAddress::Parse(hop.substr(1, bracket - 1)) : std::nullopt;
  }
  const std::size_t colon = hop.find(':');
  const bool has_port = colon != std::string_view::npos && colon == hop.rfind(':');
  if (!has_port) return IpAddress::Parse(hop);
  return ParsePort(hop.substr(colon + 1)) ? IpAddress::Parse(hop.substr(0, colon)) : std::nullopt;
}

}  // namespace

IpAddress ClientAddress(const IpAddress& peer, std::string_view forwarded_for,
                        const AddressRanges& trusted) {
  IpAddress client = peer;
  std::string_view rest = forwarded_for;
  for (std::size_t hops = 0; hops < kMaxForwardedHops && trusted.Contains(client); ++hops) {
    const std::size_t comma = rest.rfind(',');
    const bool leftmost = comma == std::string_view::npos;
    const std::string_view entry = TrimBlanks(leftmost ? rest : rest.substr(comma + 1));
    if (!entry.empty()) {
      const std::optional<IpAddress> hop = ParseHop(entry);
      if (!hop) break;
      client = *hop;
    }
    if (leftmost) break;
    rest = rest.substr(0, comma);
  }
  return client;
}

}  // namespace rtcroom
