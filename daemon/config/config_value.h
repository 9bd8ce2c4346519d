// Configuration values: the rules of keys, and how values are read and written.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/config/config_types.h"
#include "daemon/config/store_url.h"
#include "daemon/config/text_rules.h"

namespace rtcroom {

/// A value as read from a file, before it is matched to a key. `std::monostate` stands for types
/// that no key takes: a fraction, a date, a table, a list of anything but texts.
using RawValue =
    std::variant<std::monostate, bool, std::int64_t, std::string, std::vector<std::string>>;

/// The index of one of a key's named choices.
struct ChoiceIndex {
  std::size_t index = 0;
  bool operator==(const ChoiceIndex&) const = default;
};

/// A value that satisfies its key's rule.
using ConfigValue = std::variant<bool, std::uint64_t, std::chrono::milliseconds, Rate, std::string,
                                 Secret, StoreUrl, std::vector<std::string>, ChoiceIndex>;

// The rules of keys. `Value` is the alternative of ConfigValue that a rule yields.
struct SwitchRule {
  using Value = bool;
};
/// A whole number from `least` to `most`.
struct CountRule {
  using Value = std::uint64_t;
  std::uint64_t least = 0;
  std::uint64_t most = 0;
};
/// A whole number and ms, s, m, h or d.
struct DurationRule {
  using Value = std::chrono::milliseconds;
  std::chrono::milliseconds least{0};
  std::chrono::milliseconds most{0};
};
/// A whole number and `/s`, from 0 (off) to 1000000.
struct RateRule {
  using Value = Rate;
  bool hourly = false;  ///< `/h` is accepted, too
};
struct PlainTextRule {
  using Value = std::string;
  TextRule check = CheckPlainText;
};
/// A text of at most 4096 bytes without control characters; never printed.
struct SecretRule {
  using Value = Secret;
};
/// The rule of `CheckStoreUrl`; printed as it is shown.
struct StoreUrlRule {
  using Value = StoreUrl;
};
/// One text or a list of them, which are held with commas between: the addresses of a listener.
struct ListenRule {
  using Value = std::string;
  TextRule check = CheckListenAddress;  ///< of the whole
};
/// A list of at most 1000 texts.
struct ListRule {
  using Value = std::vector<std::string>;
  TextRule check_each = CheckPlainText;
};
/// One of `names`, in the order of the enumerators.
struct ChoiceRule {
  using Value = ChoiceIndex;
  std::vector<std::string_view> names;
};
using ValueRule = std::variant<SwitchRule, CountRule, DurationRule, RateRule, PlainTextRule,
                               SecretRule, StoreUrlRule, ListenRule, ListRule, ChoiceRule>;

/// Parses the text of an environment variable for `rule`; a list is comma separated, and the empty
/// text is the empty list.
/// @return the value that a file would yield; `std::monostate` when it cannot be parsed as that
///         type.
RawValue RawFromText(const ValueRule& rule, const std::string& text);

/// @errors kBadRequest with a sentence about the required value. It never holds the value, since a
///         secret may have been set for the wrong key.
Result<ConfigValue> ReadValue(const ValueRule& rule, const RawValue& raw);

/// Whether others must not read the value: a secret that is not empty, a URL with a password.
bool HoldsSecret(const ConfigValue& value);

/// The value in file syntax. A secret is written as the empty text, a store's URL as it is shown.
std::string WriteValue(const ValueRule& rule, const ConfigValue& value);

/// A short description of the allowed values; empty when the value itself shows it.
std::string DescribeRule(const ValueRule& rule);

/// The duration with the largest unit that divides it, e.g. "75s", "7d".
std::string WriteDuration(std::chrono::milliseconds duration);

}  // namespace rtcroom
