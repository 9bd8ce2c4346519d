// The custom fields of a room (protocol 0.3, B.5).
#include "handlers/rooms/custom_fields.h"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

using nlohmann::json;

std::string Set(std::string_view custom, const std::string& name, const json& value) {
  const Result<rules::CustomChange> outcome = SetCustomField(custom, name, value);
  return outcome ? outcome->custom : outcome.error().detail;
}

std::string Count(std::string_view custom, const std::string& name, int step) {
  const Result<rules::CustomChange> outcome = CountCustomField(custom, name, step);
  return outcome ? outcome->custom : outcome.error().detail;
}

std::string CustomWith(std::size_t fields) {
  std::string custom = "{}";
  for (std::size_t i = 0; i < fields; ++i) custom = Set(custom, fmt::format("f{}", i), 1);
  return custom;
}

TEST(CustomFields, StoreAValueAsItWasSent) {
  EXPECT_EQ(Set("{}", "a", "text"), R"({"a":"text"})");
  EXPECT_EQ(Set("{}", "a", ""), R"({"a":""})");
  EXPECT_EQ(Set("{}", "a", 7), R"({"a":7})");
  EXPECT_EQ(Set("{}", "a", 1.5), R"({"a":1.5})");
  EXPECT_EQ(Set("{}", "a", true), R"({"a":true})");
  EXPECT_EQ(Set("{}", "a", 18446744073709551615U), R"({"a":18446744073709551615})");
  EXPECT_EQ(Set("{}", "a", "{\"b\":1}"), R"({"a":"{\"b\":1}"})");
}

TEST(CustomFields, KeepTheLastValueAndTheirOrder) {
  EXPECT_EQ(Set(R"({"b":1,"a":2})", "b", "x"), R"({"b":"x","a":2})");
  EXPECT_EQ(Set(R"({"b":1})", "a", 2), R"({"b":1,"a":2})");
}

TEST(CustomFields, ReportOnlyTheChangedField) {
  const auto set = SetCustomField(R"({"b":1})", "a \"1\"", "x");
  ASSERT_OK(set);
  EXPECT_EQ(set->event, (CustomChanged{.field = R"("a \"1\"")", .value = R"("x")"}));
  const auto counted = CountCustomField(R"({"a":"x","b":1})", "b", 1);
  ASSERT_OK(counted);
  EXPECT_EQ(counted->event, (CustomChanged{.field = R"("b")", .value = "2"}));
}

TEST(CustomFields, StartCountingFromZero) {
  EXPECT_EQ(Count("{}", "likes", 1), R"({"likes":1})");
  EXPECT_EQ(Count("{}", "likes", -1), R"({"likes":-1})");
  EXPECT_EQ(Count(R"({"likes":41,"x":"y"})", "likes", 1), R"({"likes":42,"x":"y"})");
}

TEST(CustomFields, SaturateAt64Bits) {
  constexpr const char* kGreatest = R"({"n":9223372036854775807})";
  constexpr const char* kLeast = R"({"n":-9223372036854775808})";
  EXPECT_EQ(Count(R"({"n":9223372036854775806})", "n", 1), kGreatest);
  EXPECT_EQ(Count(kGreatest, "n", 1), kGreatest);
  EXPECT_EQ(Count(R"({"n":18446744073709551615})", "n", 1), kGreatest);
  EXPECT_EQ(Count(R"({"n":18446744073709551615})", "n", -1), R"({"n":9223372036854775806})");
  EXPECT_EQ(Count(R"({"n":-9223372036854775807})", "n", -1), kLeast);
  EXPECT_EQ(Count(kLeast, "n", -1), kLeast);
}

TEST(CustomFields, CountFractions) { EXPECT_EQ(Count(R"({"n":1.5})", "n", 1), R"({"n":2.5})"); }

TEST(CustomFields, RefuseToCountNonNumbers) {
  for (const char* custom : {R"({"n":"1"})", R"({"n":true})", R"({"n":""})"}) {
    const auto outcome = CountCustomField(custom, "n", 1);
    EXPECT_ERROR(kBadRequest, outcome) << custom;
    EXPECT_EQ(outcome.error().detail, "fieldName: holds no number");
  }
}

TEST(CustomFields, AreThirtyTwoAtMost) {
  const std::string full = CustomWith(32);
  EXPECT_EQ(json::parse(full).size(), 32U);
  EXPECT_EQ(Set(full, "one_more", 1), "fieldName: the room has as many fields as it may");
  EXPECT_EQ(Count(full, "one_more", 1), "fieldName: the room has as many fields as it may");
  EXPECT_ERROR(kBadRequest, SetCustomField(full, "one_more", 1));
  // Existing fields can still change.
  EXPECT_EQ(json::parse(Set(full, "f0", "x"))["f0"], "x");
  EXPECT_EQ(json::parse(Count(full, "f31", 1))["f31"], 2);
}

TEST(CustomFields, AcceptSpecialNames) {
  std::string custom = "{}";
  for (const char* name : {"__proto__", "constructor", "toString", "hasOwnProperty"}) {
    custom = Count(custom, name, 1);
  }
  EXPECT_EQ(custom, R"({"__proto__":1,"constructor":1,"toString":1,"hasOwnProperty":1})");
  EXPECT_EQ(json::parse(Set(custom, "__proto__", "x"))["__proto__"], "x");
}

TEST(CustomFields, KeepTextByteForByte) {
  const std::string odd = " <b>\"\\/\t\n\x7f é 房 😀 e\xCC\x81 ";
  const std::string custom = Set("{}", odd, odd);
  EXPECT_EQ(json::parse(custom)[odd], odd);
  EXPECT_EQ(json::parse(Count(custom, "n", 1))[odd], odd);
}

TEST(CustomFields, ReturnInternalErrorIfStoredTextIsNotAnObject) {
  for (const char* custom : {"", "[]", "1", "{", "null"}) {
    EXPECT_ERROR(kInternal, SetCustomField(custom, "a", 1)) << custom;
    EXPECT_ERROR(kInternal, CountCustomField(custom, "a", 1)) << custom;
  }
}

}  // namespace
}  // namespace rtcroom
