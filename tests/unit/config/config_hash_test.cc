#include "daemon/config/config_hash.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/config/config_key.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

using testing::MatchesRegex;

TEST(ConfigHash, IsTheSameForNodesOfOneConfigurationOnDifferentMachines) {
  Config one;
  one.live.push_key = Secret("a key");
  Config two = one;
  two.server.https_listen = "10.0.0.2:443";
  two.server.tls_key = "/elsewhere/key.pem";
  two.server.workers = 7;
  two.store.url = StoreUrl("postgresql://db2,db1/rooms");
  two.store.data_dir = "/elsewhere";
  two.log.level = LogLevel::kDebug;
  EXPECT_EQ(HashConfig(one), HashConfig(two));
  EXPECT_THAT(HashConfig(one), MatchesRegex("[0-9a-f]{8}"));
}

TEST(ConfigHash, DependsOnSettingsAndOnSecrets) {
  const Config plain;
  Config audiences = plain;
  audiences.room.max_audiences = 5;
  Config keyed = plain;
  keyed.live.push_key = Secret("a key");
  Config otherwise_keyed = plain;
  otherwise_keyed.live.push_key = Secret("b key");
  Config at_another_place = plain;
  at_another_place.live.play_key = Secret("a key");
  const std::set<std::string> hashes = {HashConfig(plain), HashConfig(audiences), HashConfig(keyed),
                                        HashConfig(otherwise_keyed), HashConfig(at_another_place)};
  EXPECT_EQ(hashes.size(), 5U);
}

TEST(ConfigHash, OfKeyFilesDependsOnTheContent) {
  const TempDirectory directory;
  const auto with_file = [&](const char* name, const char* content) {
    const std::filesystem::path path = directory.path() / name;
    std::ofstream(path) << content;
    Config config;
    config.im.private_key_file = path.string();
    return HashConfig(config);
  };
  EXPECT_EQ(with_file("one.pem", "a key"), with_file("two.pem", "a key"));
  EXPECT_NE(with_file("one.pem", "a key"), with_file("one.pem", "b key"));
}

template <typename... Changes>
struct ChangeOf : Changes... {
  using Changes::operator()...;
};

ConfigValue Changed(const ConfigValue& value) {
  return std::visit(
      ChangeOf{[](bool on) { return ConfigValue(!on); },
               [](std::uint64_t count) { return ConfigValue(count + 1); },
               [](std::chrono::milliseconds time) {
                 return ConfigValue(time + std::chrono::milliseconds(1));
               },
               [](const std::string& text) { return ConfigValue(text + "x"); },
               [](const StoreUrl&) { return ConfigValue(StoreUrl("memory:")); },
               [](const std::vector<std::string>&) {
                 return ConfigValue(std::vector<std::string>{"10.0.0.1"});
               },
               [](ChoiceIndex choice) { return ConfigValue(ChoiceIndex{1 - choice.index % 2}); },
               [](const auto& other) { return ConfigValue(other); }},
      value);
}

TEST(ConfigHash, LeavesOutKeysThatBelongToOneMachine) {
  Config config;
  for (const ConfigKey& key : AllConfigKeys()) {
    if (!key.is_of_one_machine) continue;
    key.set(config, Changed(key.get(config)));
    EXPECT_NE(key.get(config), key.get(Config())) << key.FullName();
  }
  EXPECT_EQ(HashConfig(config), HashConfig(Config()));
}

TEST(ConfigHash, IsToldOfEachNewKeyWhetherItBelongsToOneMachine) {
  const std::vector<ConfigKey> keys = AllConfigKeys();
  const auto of_one_machine = std::ranges::count_if(keys, &ConfigKey::is_of_one_machine);
  EXPECT_EQ(of_one_machine, 42);
  EXPECT_EQ(std::ssize(keys) - of_one_machine, 116)
      << "add it by AddOfMachine if nodes of one store may differ in it, then correct the number";
}

}  // namespace
}  // namespace rtcroom
