// Values of a configuration: what a key takes, and how values are read and written.
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
#include "daemon/config/text_rules.h"

namespace rtcroom {

/// A value as a file gives it, before anybody knows which key it is for. `std::monostate` stands
/// for what no key takes: a fraction, a date, a table, a list of something else than texts.
using RawValue =
    std::variant<std::monostate, bool, std::int64_t, std::string, std::vector<std::string>>;

/// Which of a key's named choices.
struct ChoiceIndex {
  std::size_t index = 0;
  bool operator==(const ChoiceIndex&) const = default;
};

/// A value that fits its key.
using ConfigValue = std::variant<bool, std::uint64_t, std::chrono::milliseconds, Rate, std::string,
                                 Secret, std::vector<std::string>, ChoiceIndex>;

// What a key takes. `Value` is the alternative of ConfigValue that it gives.
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
  bool hourly = false;  ///< `/h` will do, too
};
struct PlainTextRule {
  using Value = std::string;
  TextRule check = CheckPlainText;
};
/// At most 4096 bytes without control characters; never printed.
struct SecretRule {
  using Value = Secret;
};
/// At most 1000 texts.
struct ListRule {
  using Value = std::vector<std::string>;
  TextRule check_each = CheckPlainText;
};
/// One of `names`, in the order of the enumerators; those in `unavailable` are known but refused.
struct ChoiceRule {
  using Value = ChoiceIndex;
  std::vector<std::string_view> names;
  std::vector<std::string_view> unavailable = {};
};
using ValueRule = std::variant<SwitchRule, CountRule, DurationRule, RateRule, PlainTextRule,
                               SecretRule, ListRule, ChoiceRule>;

/// Reads the text of an environment variable as what `rule` takes; a list is comma separated,
/// and the empty text is the empty list.
/// @return what a file would have given; `std::monostate` when it cannot be read as that type.
RawValue RawFromText(const ValueRule& rule, const std::string& text);

/// @errors kBadRequest with a sentence about what the value must be. It never holds the value,
///         since a secret may have gone to the wrong key.
Result<ConfigValue> ReadValue(const ValueRule& rule, const RawValue& raw);

/// The value as it stands in a file. A secret is written as the empty text.
std::string WriteValue(const ValueRule& rule, const ConfigValue& value);

/// What the rule takes, in a few words; empty when the value says it by itself.
std::string DescribeRule(const ValueRule& rule);

/// The duration with the largest unit that divides it, e.g. "75s", "7d".
std::string WriteDuration(std::chrono::milliseconds duration);

}  // namespace rtcroom
