#include "daemon/config/config_value.h"

#include <gtest/gtest.h>

#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

Result<ConfigValue> ReadDuration(const std::string& text) {
  return ReadValue(DurationRule{0ms, 8760h}, text);
}

TEST(ConfigDurations, AreAWholeNumberAndAUnit) {
  EXPECT_EQ(*ReadDuration("250ms"), ConfigValue(250ms));
  EXPECT_EQ(*ReadDuration("20s"), ConfigValue(20'000ms));
  EXPECT_EQ(*ReadDuration("3m"), ConfigValue(180'000ms));
  EXPECT_EQ(*ReadDuration("2h"), ConfigValue(7'200'000ms));
  EXPECT_EQ(*ReadDuration("7d"), ConfigValue(604'800'000ms));
}

TEST(ConfigDurations, RejectOtherText) {
  for (const char* text : {"", "20", "s", "1.5s", "-1s", "+1s", "20 s", " 20s", "20S", "20sec",
                           "1h30m", "0x10s", "20s\n"}) {
    EXPECT_ERROR(kBadRequest, ReadDuration(text)) << text;
  }
}

TEST(ConfigDurations, DoNotOverflow) {
  EXPECT_ERROR(kBadRequest, ReadDuration("999999999d"));
  EXPECT_ERROR(kBadRequest, ReadDuration("99999999999999999999d"));
  EXPECT_ERROR(kBadRequest, ReadDuration("106751991168d"));  // slightly more than 2^63 ms
}

TEST(ConfigDurations, AreWrittenInTheirLargestWholeUnit) {
  EXPECT_EQ(WriteDuration(75s), "75s");
  EXPECT_EQ(WriteDuration(120s), "2m");
  EXPECT_EQ(WriteDuration(168h), "7d");
  EXPECT_EQ(WriteDuration(1500ms), "1500ms");
}

TEST(ConfigRates, AcceptHourlyRatesForHourlyKeys) {
  const RateRule rule{.hourly = true};
  EXPECT_EQ(*ReadValue(rule, std::string("600/h")), ConfigValue(Rate{.per_hour = 600}));
  EXPECT_EQ(*ReadValue(rule, std::string("5/s")), ConfigValue(Rate{.per_second = 5}));
  EXPECT_EQ(*ReadValue(rule, std::string("0/h")), *ReadValue(rule, std::string("0/s")));
  EXPECT_EQ(WriteValue(rule, Rate{.per_hour = 600}), "\"600/h\"");
  for (const char* text : {"", "/h", "600", "1.5/h", "-1/h", "600 /h", "1000001/h", "10/d"}) {
    EXPECT_ERROR(kBadRequest, ReadValue(rule, std::string(text))) << text;
  }
  EXPECT_ERROR(kBadRequest, ReadValue(RateRule{}, std::string("600/h")));
}

TEST(ConfigRates, AreAWholeNumberPerSecond) {
  EXPECT_EQ(*ReadValue(RateRule{}, std::string("200/s")), ConfigValue(Rate{200}));
  EXPECT_EQ(*ReadValue(RateRule{}, std::string("0/s")), ConfigValue(Rate{0}));
  for (const char* text : {"", "/s", "200", "200/m", "1.5/s", "-1/s", "200 /s", "1000001/s"}) {
    EXPECT_ERROR(kBadRequest, ReadValue(RateRule{}, std::string(text))) << text;
  }
}

TEST(ConfigCounts, KeepTheirBounds) {
  const CountRule rule = {1, 64};
  EXPECT_OK(ReadValue(rule, std::int64_t{1}));
  EXPECT_OK(ReadValue(rule, std::int64_t{64}));
  EXPECT_ERROR(kBadRequest, ReadValue(rule, std::int64_t{0}));
  EXPECT_ERROR(kBadRequest, ReadValue(rule, std::int64_t{65}));
  EXPECT_ERROR(kBadRequest, ReadValue(rule, std::int64_t{-1}));
  EXPECT_ERROR(kBadRequest, ReadValue(rule, std::string("4")));
}

TEST(ConfigChoices, AreListedWhenAnotherIsSet) {
  const ChoiceRule rule = {{"mixed", "token"}};
  EXPECT_EQ(*ReadValue(rule, std::string("token")), ConfigValue(ChoiceIndex{1}));
  EXPECT_EQ(ReadValue(rule, std::string("closed")).error().detail, "must be one of mixed, token");
}

TEST(ConfigLists, AreSplitAtCommasInAVariable) {
  const auto split = [](const std::string& text) {
    return std::get<std::vector<std::string>>(RawFromText(ListRule{}, text));
  };
  EXPECT_EQ(split(""), std::vector<std::string>{});
  EXPECT_EQ(split("a"), std::vector<std::string>{"a"});
  EXPECT_EQ(split("a,b"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(split("a,"), (std::vector<std::string>{"a", ""}));
}

TEST(ConfigVariables, AreParsedAsTheTypeOfTheirKey) {
  EXPECT_EQ(RawFromText(SwitchRule{}, "true"), RawValue(true));
  EXPECT_EQ(RawFromText(SwitchRule{}, "yes"), RawValue(std::monostate()));
  EXPECT_EQ(RawFromText(CountRule{}, "12"), RawValue(std::int64_t{12}));
  for (const char* text : {"", "1 2", "-1", "+1", "1e3", "18446744073709551615"}) {
    EXPECT_EQ(RawFromText(CountRule{}, text), RawValue(std::monostate())) << text;
  }
}

TEST(ConfigSecrets, AreNeverWritten) {
  EXPECT_EQ(WriteValue(SecretRule{}, Secret("hunter2")), "\"\"");
}

}  // namespace
}  // namespace rtcroom
