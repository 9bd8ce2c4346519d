#include "daemon/config/config_value.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/base/listen_address.h"
#include "daemon/base/parse_integer.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kMaxRate = 1'000'000;
constexpr std::size_t kMaxListed = 1000;

struct Unit {
  std::string_view name;
  std::int64_t in_milliseconds = 1;
};
// Largest first, the order in which a duration is written.
constexpr std::array<Unit, 5> kUnits = {
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

Error Refused(std::string sentence) { return Error{Errc::kBadRequest, std::move(sentence)}; }

std::optional<milliseconds> ParseDuration(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  // Nine digits of days still fit into 64 bits of milliseconds.
  const std::optional<std::uint64_t> count = ParseInteger<std::uint64_t>(text.substr(0, digits));
  if (!count || digits > 9) return std::nullopt;
  const auto* unit = std::ranges::find(kUnits, text.substr(digits), &Unit::name);
  if (unit == kUnits.end()) return std::nullopt;
  return milliseconds(static_cast<std::int64_t>(*count) * unit->in_milliseconds);
}

std::string Bounds(const CountRule& rule) { return fmt::format("{} to {}", rule.least, rule.most); }
std::string Bounds(const DurationRule& rule) {
  return fmt::format("{} to {}", WriteDuration(rule.least), WriteDuration(rule.most));
}

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

// The text of `raw` that satisfies the rule.
Result<std::string> ReadText(const RawValue& raw, TextRule check) {
  const std::string* text = std::get_if<std::string>(&raw);
  if (text == nullptr) return Refused("must be a text in quotes");
  std::string_view wrong = CheckPlainText(*text);
  if (wrong.empty()) wrong = check(*text);
  if (!wrong.empty()) return Refused(std::string(wrong));
  return *text;
}

std::vector<std::string> SplitAtCommas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    parts.emplace_back(text.substr(0, comma));
    if (comma + 1 == text.size()) parts.emplace_back();  // "a," names an empty second part
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

// One overload per rule; the raw value may have any type.
struct Reader {
  const RawValue& raw;

  Result<ConfigValue> operator()(const SwitchRule&) const {
    const bool* value = std::get_if<bool>(&raw);
    if (value == nullptr) return Refused("must be true or false");
    return ConfigValue(*value);
  }
  Result<ConfigValue> operator()(const CountRule& rule) const {
    const std::int64_t* value = std::get_if<std::int64_t>(&raw);
    if (value == nullptr) return Refused("must be a whole number, " + Bounds(rule));
    const auto number = static_cast<std::uint64_t>(*value);
    if (*value < 0 || number < rule.least || number > rule.most) {
      return Refused("must be " + Bounds(rule));
    }
    return ConfigValue(number);
  }
  Result<ConfigValue> operator()(const DurationRule& rule) const {
    const std::string* text = std::get_if<std::string>(&raw);
    const std::optional<milliseconds> value = text == nullptr ? std::nullopt : ParseDuration(*text);
    if (!value) {
      return Refused("must be a whole number and ms, s, m, h or d in quotes, such as \"20s\"");
    }
    if (*value < rule.least || *value > rule.most) return Refused("must be " + Bounds(rule));
    return ConfigValue(*value);
  }
  Result<ConfigValue> operator()(const RateRule& rule) const {
    const std::string* text = std::get_if<std::string>(&raw);
    const bool per_second = text != nullptr && text->ends_with("/s");
    const bool per_hour = text != nullptr && text->ends_with("/h") && rule.hourly;
    const std::optional<std::uint64_t> value =
        per_second || per_hour
            ? ParseInteger<std::uint64_t>(std::string_view(*text).substr(0, text->size() - 2))
            : std::nullopt;
    if (!value) {
      return Refused(rule.hourly
                         ? "must be a whole number and /s or /h in quotes, such as \"600/h\""
                         : "must be a whole number and /s in quotes, such as \"200/s\"");
    }
    if (*value > kMaxRate) {
      return Refused(per_hour ? "must be 0/h to 1000000/h" : "must be 0/s to 1000000/s");
    }
    const auto count = static_cast<std::uint32_t>(*value);
    return ConfigValue(per_hour ? Rate{.per_hour = count} : Rate{.per_second = count});
  }
  Result<ConfigValue> operator()(const PlainTextRule& rule) const {
    Result<std::string> text = ReadText(raw, rule.check);
    if (!text) return text.error();
    return ConfigValue(*std::move(text));
  }
  Result<ConfigValue> operator()(const SecretRule&) const {
    Result<std::string> text = ReadText(raw, CheckPlainText);
    if (!text) return text.error();
    return ConfigValue(Secret(*std::move(text)));
  }
  Result<ConfigValue> operator()(const StoreUrlRule&) const {
    Result<std::string> text = ReadText(raw, CheckStoreUrl);
    if (!text) return text.error();
    return ConfigValue(StoreUrl(*std::move(text)));
  }
  Result<ConfigValue> operator()(const ListenRule& rule) const {
    const auto* list = std::get_if<std::vector<std::string>>(&raw);
    if (list != nullptr && list->size() > 1) {
      // Its path could not be told from the other addresses, and it has another way of access.
      for (const std::string& address : *list) {
        if (address.starts_with("unix:")) return Refused("must not have unix:PATH in a list");
      }
    }
    Result<std::string> text = ReadText(
        list == nullptr ? raw : RawValue(fmt::format("{}", fmt::join(*list, ","))), rule.check);
    if (!text) return text.error();
    return ConfigValue(*std::move(text));
  }
  Result<ConfigValue> operator()(const ListRule& rule) const {
    const auto* texts = std::get_if<std::vector<std::string>>(&raw);
    if (texts == nullptr) return Refused("must be a list of texts");
    if (texts->size() > kMaxListed) return Refused("must have at most 1000 entries");
    for (const std::string& text : *texts) {
      std::string_view wrong = CheckPlainText(text);
      if (wrong.empty()) wrong = rule.check_each(text);
      if (!wrong.empty()) return Refused(fmt::format("each entry {}", wrong));
    }
    return ConfigValue(*texts);
  }
  Result<ConfigValue> operator()(const ChoiceRule& rule) const {
    const std::string* text = std::get_if<std::string>(&raw);
    const auto name = text == nullptr ? rule.names.end() : std::ranges::find(rule.names, *text);
    if (name == rule.names.end()) return Refused("must be one of " + DescribeRule(rule));
    return ConfigValue(ChoiceIndex{static_cast<std::size_t>(name - rule.names.begin())});
  }
};

// One overload per value; only a choice needs its rule.
struct Writer {
  const ValueRule& rule;

  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::uint64_t value) const { return fmt::to_string(value); }
  std::string operator()(milliseconds value) const { return Quoted(WriteDuration(value)); }
  std::string operator()(Rate value) const {
    if (value.per_hour > 0) return fmt::format("\"{}/h\"", value.per_hour);
    return fmt::format("\"{}/s\"", value.per_second);
  }
  std::string operator()(const std::string& value) const {
    const std::vector<std::string> addresses = SplitListen(value);
    const bool is_list = std::holds_alternative<ListenRule>(rule) && addresses.size() > 1;
    return is_list ? operator()(addresses) : Quoted(value);
  }
  std::string operator()(const Secret&) const { return "\"\""; }
  std::string operator()(const StoreUrl& value) const { return Quoted(value.Shown()); }
  std::string operator()(const std::vector<std::string>& value) const {
    std::vector<std::string> quoted;
    quoted.reserve(value.size());
    for (const std::string& text : value) quoted.push_back(Quoted(text));
    return fmt::format("[{}]", fmt::join(quoted, ", "));
  }
  std::string operator()(ChoiceIndex value) const {
    return Quoted(std::get<ChoiceRule>(rule).names.at(value.index));
  }
};

struct Describer {
  std::string operator()(const CountRule& rule) const { return Bounds(rule); }
  std::string operator()(const DurationRule& rule) const { return Bounds(rule); }
  std::string operator()(const ChoiceRule& rule) const {
    return fmt::format("{}", fmt::join(rule.names, ", "));
  }
  std::string operator()(const RateRule& rule) const {
    return rule.hourly ? "0/h = off" : "0/s = off";
  }
  std::string operator()(const SecretRule&) const { return "secret"; }
  std::string operator()(const StoreUrlRule&) const { return "secret"; }
  std::string operator()(const SwitchRule&) const { return ""; }
  std::string operator()(const PlainTextRule&) const { return ""; }
  std::string operator()(const ListenRule&) const { return ""; }
  std::string operator()(const ListRule&) const { return ""; }
};

}  // namespace

RawValue RawFromText(const ValueRule& rule, const std::string& text) {
  if (std::holds_alternative<SwitchRule>(rule)) {
    if (text == "true" || text == "false") return text == "true";
    return std::monostate();
  }
  if (std::holds_alternative<CountRule>(rule)) {
    const std::optional<std::uint64_t> number = ParseInteger<std::uint64_t>(text);
    if (!number || *number > INT64_MAX) return std::monostate();
    return static_cast<std::int64_t>(*number);
  }
  if (std::holds_alternative<ListRule>(rule)) return SplitAtCommas(text);
  return text;
}

Result<ConfigValue> ReadValue(const ValueRule& rule, const RawValue& raw) {
  return std::visit(Reader{raw}, rule);
}

bool HoldsSecret(const ConfigValue& value) {
  if (const auto* secret = std::get_if<Secret>(&value)) return !secret->empty();
  const auto* url = std::get_if<StoreUrl>(&value);
  return url != nullptr && url->HasPassword();
}

std::string WriteValue(const ValueRule& rule, const ConfigValue& value) {
  return std::visit(Writer{rule}, value);
}

std::string DescribeRule(const ValueRule& rule) { return std::visit(Describer{}, rule); }

std::string WriteDuration(milliseconds duration) {
  const auto* unit = std::ranges::find_if(kUnits, [&](const Unit& candidate) {
    return duration.count() % candidate.in_milliseconds == 0;
  });
  return fmt::format("{}{}", duration.count() / unit->in_milliseconds, unit->name);
}

}  // namespace rtcroom
