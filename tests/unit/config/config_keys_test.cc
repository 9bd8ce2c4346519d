// Checks the guarantees for keys on every key of the table.
#include <array>
#include <string>
#include <string_view>
#include <variant>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/config/config_key.h"
#include "daemon/config/load_config.h"
#include "tests/unit/config/config_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::array<std::string_view, 13> kTexts = {"other",
                                                     "7",
                                                     "/other",
                                                     "127.0.0.1:7001",
                                                     "https://other.example",
                                                     "*",
                                                     "fd00::/8",
                                                     "rtmp://{host}/{stream}",
                                                     "http://other/{stream}",
                                                     "rtmp://other",
                                                     "192.0.2.7",
                                                     "30000-30001",
                                                     "turn:other"};

// A non-default value of a key, and its notation in a file and in an environment variable.
struct Sample {
  ConfigValue value;
  std::string toml{};
  std::string text{};
};

Sample OtherText(const PlainTextRule& rule, const ConfigValue& usual) {
  for (const std::string_view text : kTexts) {
    if (rule.check(text).empty() && ConfigValue(std::string(text)) != usual) {
      return {std::string(text), fmt::format("\"{}\"", text), std::string(text)};
    }
  }
  return {};
}

Sample OtherList(const ListRule& rule) {
  for (const std::string_view text : kTexts) {
    const std::string entry(text);
    if (text != "*" && rule.check_each(text).empty()) {
      return {std::vector<std::string>{entry, entry}, fmt::format("['{0}', '{0}']", entry),
              fmt::format("{0},{0}", entry)};
    }
  }
  return {};
}

// Another choice.
Sample OtherChoice(const ChoiceRule& rule, const ConfigValue& usual) {
  for (std::size_t index = 0; index < rule.names.size(); ++index) {
    const ConfigValue value = ChoiceIndex{index};
    const std::string name(rule.names[index]);
    if (value != usual) return {value, "'" + name + "'", name};
  }
  return {};
}

Sample OtherValue(const ConfigKey& key) {
  const ConfigValue usual = key.get(Config());
  if (std::holds_alternative<SwitchRule>(key.rule)) {
    const std::string text = std::get<bool>(usual) ? "false" : "true";
    return {!std::get<bool>(usual), text, text};
  }
  if (const auto* rule = std::get_if<CountRule>(&key.rule)) {
    const std::uint64_t count = usual == ConfigValue(rule->least) ? rule->most : rule->least;
    return {count, fmt::to_string(count), fmt::to_string(count)};
  }
  if (const auto* rule = std::get_if<DurationRule>(&key.rule)) {
    const std::string text = WriteDuration(rule->least);
    return {rule->least, "'" + text + "'", text};
  }
  if (std::holds_alternative<RateRule>(key.rule)) return {Rate{7}, "'7/s'", "7/s"};
  if (std::holds_alternative<SecretRule>(key.rule)) return {Secret("s3"), "'s3'", "s3"};
  if (std::holds_alternative<StoreUrlRule>(key.rule)) {
    return {StoreUrl("postgres://u:p@h/d"), "'postgres://u:p@h/d'", "postgres://u:p@h/d"};
  }
  if (std::holds_alternative<ListenRule>(key.rule)) {
    return {std::string("127.0.0.1:7001,[::1]:7001"), "['127.0.0.1:7001', '[::1]:7001']",
            "127.0.0.1:7001,[::1]:7001"};
  }
  if (const auto* rule = std::get_if<ListRule>(&key.rule)) return OtherList(*rule);
  if (const auto* rule = std::get_if<ChoiceRule>(&key.rule)) return OtherChoice(*rule, usual);
  return OtherText(std::get<PlainTextRule>(key.rule), usual);
}

std::string TomlOf(const ConfigKey& key, std::string_view value) {
  return fmt::format("[{}]\n{} = {}\n", key.section, key.name, value);
}

// Checks that only `key` has a changed value, which shows that no two table rows share a member.
void ExpectOnlyChanged(const ConfigKey& changed, const ConfigValue& value, const Config& config) {
  for (const ConfigKey& key : AllConfigKeys()) {
    const bool is_changed = key.FullName() == changed.FullName();
    EXPECT_EQ(key.get(config), is_changed ? value : key.get(Config())) << key.FullName();
  }
}

TEST(ConfigKeys, AreSetByTheFile) {
  for (const ConfigKey& key : AllConfigKeys()) {
    SCOPED_TRACE(key.FullName());
    const Sample sample = OtherValue(key);
    const ConfigOutcome outcome = LoadToml(TomlOf(key, sample.toml));
    EXPECT_THAT(ProblemsOf(outcome.problems, key.FullName()),
                Not(testing::Contains(HasSubstr("line"))));
    ExpectOnlyChanged(key, sample.value, outcome.config);
  }
}

TEST(ConfigKeys, AreSetByTheEnvironment) {
  for (const ConfigKey& key : AllConfigKeys()) {
    SCOPED_TRACE(key.FullName());
    const Sample sample = OtherValue(key);
    const ConfigOutcome outcome = LoadEnvironment({{key.VariableName(), sample.text}});
    ExpectOnlyChanged(key, sample.value, outcome.config);
  }
}

TEST(ConfigKeys, MayAllBeSetToTheirDefault) {
  for (const ConfigKey& key : AllConfigKeys()) {
    SCOPED_TRACE(key.FullName());
    const std::string value = WriteValue(key.rule, key.get(Config()));
    EXPECT_THAT(LoadToml(TomlOf(key, value)).problems, testing::SizeIs(1));  // no certificate
  }
}

TEST(ConfigKeys, AreChecked) {
  for (const ConfigKey& key : AllConfigKeys()) {
    const ConfigOutcome outcome = LoadToml(TomlOf(key, "1.5"));
    EXPECT_THAT(ProblemsOf(outcome.problems, key.FullName()),
                ElementsAre(testing::AllOf(HasSubstr("must be"), HasSubstr("(line 2)"))))
        << key.FullName();
  }
}

TEST(ConfigKeys, NeverShowTheirValuesInErrors) {
  constexpr std::string_view kSecret = "hunter2-hunter2";
  const std::array<std::string, 4> wrong = {
      fmt::format("\"{}\\u0007\"", kSecret),          // a control character
      fmt::format("\"{}\"", kSecret),                 // valid for a text, invalid for the others
      fmt::format("[\"{}\", \"\\u0007\"]", kSecret),  // a list
      fmt::format("{}", kSecret),                     // invalid TOML
  };
  for (const ConfigKey& key : AllConfigKeys()) {
    for (const std::string& value : wrong) {
      std::vector<ConfigProblem> problems = LoadToml(TomlOf(key, value)).problems;
      const ConfigOutcome set = LoadEnvironment({{key.VariableName(), value}});
      problems.insert(problems.end(), set.problems.begin(), set.problems.end());
      EXPECT_THAT(testing::PrintToString(problems), Not(HasSubstr("hunter2"))) << key.FullName();
    }
  }
}

TEST(ConfigKeys, NameTheEnumeratorsOfTheirType) {
  const Config config = LoadToml(
                            "[auth]\nmode = 'token'\n"
                            "[liveness]\npolicy = 'heartbeat'\n"
                            "[log]\nlevel = 'warn'\nformat = 'text'\n")
                            .config;
  EXPECT_EQ(config.auth.mode, AuthMode::kToken);
  EXPECT_EQ(config.liveness.policy, LivenessPolicy::kHeartbeat);
  EXPECT_EQ(config.log.level, LogLevel::kWarn);
  EXPECT_EQ(config.log.format, LogFormat::kText);
}

TEST(ConfigKeys, HaveUniqueVariableNames) {
  std::vector<std::string> variables;
  for (const ConfigKey& key : AllConfigKeys()) {
    variables.push_back(key.VariableName());
    if (key.IsSecret()) variables.push_back(key.VariableName() + "_FILE");
  }
  std::ranges::sort(variables);
  EXPECT_EQ(std::ranges::adjacent_find(variables), variables.end());
}

}  // namespace
}  // namespace rtcroom
