// IP address ranges of the configuration.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/ip_address.h"

namespace rtcroom {

/// One address, or all addresses with a common prefix, of one family: `::/0` contains every IPv6
/// address and no IPv4 address.
class AddressRange {
 public:
  /// Reads an address, or a range such as `10.0.0.0/8` or `fd00::/8` (RFC 4632, RFC 4291).
  /// @return nullopt for any other text, also for an address with bits after the prefix:
  ///         `10.1.2.3/8` may be a mistake, and would be a larger range than it appears.
  static std::optional<AddressRange> Parse(std::string_view text);

  [[nodiscard]] bool Contains(const IpAddress& address) const;

  bool operator==(const AddressRange&) const = default;

 private:
  AddressRange(const IpAddress& first, unsigned bits) : first_(first), bits_(bits) {}

  IpAddress first_;
  unsigned bits_ = IpAddress::kBits;  ///< prefix length in the IPv6 form
};

/// A set of ranges; empty by default.
class AddressRanges {
 public:
  AddressRanges() = default;

  /// @return nullopt when one of `texts` is not a range.
  static std::optional<AddressRanges> Parse(std::span<const std::string> texts);

  [[nodiscard]] bool Contains(const IpAddress& address) const;
  [[nodiscard]] bool empty() const { return ranges_.empty(); }

 private:
  explicit AddressRanges(std::vector<AddressRange> ranges) : ranges_(std::move(ranges)) {}

  std::vector<AddressRange> ranges_;
};

}  // namespace rtcroom
