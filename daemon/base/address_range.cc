#include "daemon/base/address_range.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace rtcroom {
namespace {

std::optional<unsigned> ParseBits(std::string_view text) {
  unsigned bits = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return bits;
}

}  // namespace

std::optional<AddressRange> AddressRange::Parse(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::optional<IpAddress> first = IpAddress::Parse(text.substr(0, slash));
  if (!first) return std::nullopt;
  if (slash == text.size()) return AddressRange(*first, IpAddress::kBits);

  const std::optional<unsigned> written = ParseBits(text.substr(slash + 1));
  if (!written || *written > IpAddress::kBits) return std::nullopt;
  const bool counts_v4_bits = text.find(':') == std::string_view::npos;
  const unsigned bits = *written + (counts_v4_bits ? IpAddress::kBitsBeforeV4 : 0);
  if (bits > IpAddress::kBits || first->Prefix(bits) != *first) return std::nullopt;
  return AddressRange(*first, bits);
}

bool AddressRange::Contains(const IpAddress& address) const {
  return address.IsV4() == first_.IsV4() && address.Prefix(bits_) == first_;
}

std::optional<AddressRanges> AddressRanges::Parse(std::span<const std::string> texts) {
  std::vector<AddressRange> ranges;
  for (const std::string& text : texts) {
    const std::optional<AddressRange> range = AddressRange::Parse(text);
    if (!range) return std::nullopt;
    ranges.push_back(*range);
  }
  return AddressRanges(std::move(ranges));
}

bool AddressRanges::Contains(const IpAddress& address) const {
  return std::ranges::any_of(ranges_,
                             [&](const AddressRange& range) { return range.Contains(address); });
}

}  // namespace rtcroom
