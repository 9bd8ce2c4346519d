// A configuration key: its name, value rule, meaning and member.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/config/config_value.h"

namespace rtcroom {

struct ConfigKey {
  std::string_view section = {};
  std::string_view name = {};
  ValueRule rule = {};
  std::string_view comment = {};  ///< one line for `default-config`
  /// Nodes that share a store may differ in it: an address, certificate, path, size of the process.
  bool is_of_one_machine = false;
  ConfigValue (*get)(const Config& config) = nullptr;
  void (*set)(Config& config, const ConfigValue& value) = nullptr;

  /// `section.name`.
  [[nodiscard]] std::string FullName() const;
  /// `RTCROOMD_<SECTION>_<KEY>`.
  [[nodiscard]] std::string VariableName() const;
  /// Whether a variable may name a file that holds the value.
  [[nodiscard]] bool IsSecret() const {
    return std::holds_alternative<SecretRule>(rule) || std::holds_alternative<StoreUrlRule>(rule);
  }
};

/// All keys, in the order in which `default-config` prints them.
std::vector<ConfigKey> AllConfigKeys();

/// The alternative of ConfigValue for a member of type T.
template <typename T>
struct ConfigValueOf {
  using Type = T;
};
template <typename T>
  requires std::is_enum_v<T>
struct ConfigValueOf<T> {
  using Type = ChoiceIndex;
};
template <typename T>
  requires(std::unsigned_integral<T> && !std::same_as<T, bool>)
struct ConfigValueOf<T> {
  using Type = std::uint64_t;
};

/// Adds the keys of one section to a table: `section` is a member of Config, `member` one of that
/// section. The compiler checks that a rule yields the member's type.
template <auto section>
class SectionKeys {
 public:
  SectionKeys(std::string_view name, std::vector<ConfigKey>& keys) : name_(name), keys_(keys) {}

  template <auto member, typename Rule>
  void Add(std::string_view key, Rule rule, std::string_view comment) {
    using Member = std::remove_cvref_t<decltype((std::declval<Config&>().*section).*member)>;
    using Value = typename ConfigValueOf<Member>::Type;
    static_assert(std::is_same_v<Value, typename Rule::Value>, "the rule gives another type");
    keys_.push_back({
        .section = name_,
        .name = key,
        .rule = std::move(rule),
        .comment = comment,
        .get = [](const Config& config) -> ConfigValue {
          const Member& held = (config.*section).*member;
          if constexpr (std::is_enum_v<Member>) {
            return ChoiceIndex{static_cast<std::size_t>(held)};
          } else {
            return static_cast<Value>(held);
          }
        },
        .set =
            [](Config& config, const ConfigValue& value) {
              Member& held = (config.*section).*member;
              if constexpr (std::is_enum_v<Member>) {
                held = static_cast<Member>(std::get<ChoiceIndex>(value).index);
              } else {
                held = static_cast<Member>(std::get<Value>(value));
              }
            },
    });
  }

  /// It does what `Add` does, for a key in which nodes that share a store may differ.
  template <auto member, typename Rule>
  void AddOfMachine(std::string_view key, Rule rule, std::string_view comment) {
    Add<member>(key, std::move(rule), comment);
    keys_.back().is_of_one_machine = true;
  }

 private:
  const std::string_view name_;
  std::vector<ConfigKey>& keys_;
};

}  // namespace rtcroom
