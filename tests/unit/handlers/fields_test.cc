#include "handlers/rooms/fields.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using nlohmann::json;

const ProtocolTraits& kGen1 = TraitsOf(Protocol::kGen1);

std::string UserFault(const json& value) {
  const json body = {{"userID", value}};
  Fields fields(body, kGen1);
  static_cast<void>(fields.User());
  return fields.ok() ? "" : fields.error().detail;
}

std::string UserOf(std::string_view json_value) {
  const json body = {{"userID", json::parse(json_value)}};
  Fields fields(body, kGen1);
  UserId user = fields.User();
  return fields.ok() ? user.value : fields.error().detail;
}

std::string RoomFault(const json& value) {
  const json body = {{"roomID", value}};
  Fields fields(body, kGen1);
  static_cast<void>(fields.Room());
  return fields.ok() ? "" : fields.error().detail;
}

std::string NameFault(const json& value, std::size_t max_bytes) {
  const json body = {{"roomName", value}};
  Fields fields(body, kGen1);
  static_cast<void>(fields.Text({.name = "roomName", .max_bytes = max_bytes}));
  return fields.ok() ? "" : fields.error().detail;
}

struct Number {
  std::int64_t value = 0;
  std::string fault;
};
Number IntegerOf(std::string_view json_value) {
  const json body = {{"cnt", json::parse(json_value)}};
  Fields fields(body, kGen1);
  const std::int64_t value = fields.Integer(field::kCnt);
  return {.value = value, .fault = fields.ok() ? "" : fields.error().detail};
}

std::string Repeat(std::string_view text, std::size_t times) {
  std::string repeated;
  for (std::size_t i = 0; i < times; ++i) repeated += text;
  return repeated;
}

TEST(Fields, TreatsFalsyValuesAsMissing) {
  for (const json& value : {json(nullptr), json(""), json(0), json(0.0), json(-0.0), json(false)}) {
    EXPECT_EQ(UserFault(value), "userID: missing") << value;
    EXPECT_EQ(NameFault(value, 10), "roomName: missing") << value;
  }
}

TEST(Fields, AcceptsAnIdOfPrintableAscii) {
  EXPECT_EQ(UserFault("!$'()*,-.0-9:;<=>@AZ[]^_`az{|}~"), "");
  EXPECT_EQ(UserFault("__proto__"), "");
  EXPECT_EQ(UserFault("toString"), "");
}

TEST(Fields, RefusesEachForbiddenCharacterOfAnId) {
  for (const char c : std::string_view(" /?#&%+\"\\\t\n\x7f\x01")) {
    EXPECT_EQ(UserFault(std::string("a") + c), "userID: holds a forbidden character") << c;
    EXPECT_EQ(RoomFault(std::string("a") + c), "roomID: holds a forbidden character") << c;
  }
  EXPECT_EQ(UserFault("é"), "userID: holds a forbidden character");
  EXPECT_EQ(UserFault("😀"), "userID: holds a forbidden character");
}

TEST(Fields, RefusesGroupIdsOfTheImService) {
  EXPECT_EQ(RoomFault("@TGS#1ABC"), "roomID: holds a forbidden character");
}

TEST(Fields, BoundsIds) {
  EXPECT_EQ(UserFault(std::string(64, 'u')), "");
  EXPECT_EQ(UserFault(std::string(65, 'u')), "userID: longer than 64 bytes");
  EXPECT_EQ(RoomFault(std::string(48, 'r')), "");
  EXPECT_EQ(RoomFault(std::string(49, 'r')), "roomID: longer than 48 bytes");
}

TEST(Fields, TurnsAWholeNumberSentAsAnIdIntoItsDecimalString) {
  EXPECT_EQ(UserOf("7"), "7");
  EXPECT_EQ(UserOf("-7"), "-7");
  EXPECT_EQ(UserOf("7.0"), "7");
  EXPECT_EQ(UserOf("1e3"), "1000");
  EXPECT_EQ(UserOf("9007199254740992.0"), "9007199254740992");
  EXPECT_EQ(UserOf("18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(UserOf("-9223372036854775808"), "-9223372036854775808");
}

TEST(Fields, RefusesAnIllTypedId) {
  for (const char* value :
       {"7.5", "1e300", "18446744073709551616", "true", "[]", "[\"u\"]", "{}"}) {
    EXPECT_EQ(UserOf(value), "userID: neither a string nor a whole number") << value;
  }
}

TEST(Fields, RejectsANumberAsText) {
  for (const json& value : {json(7), json(true), json::array(), json::object()}) {
    EXPECT_EQ(NameFault(value, 10), "roomName: not a string") << value;
  }
}

TEST(Fields, CountsBytesOfATextAndNotCharacters) {
  EXPECT_EQ(NameFault(std::string(1024, 'a'), 1024), "");
  EXPECT_EQ(NameFault(std::string(1025, 'a'), 1024), "roomName: longer than 1024 bytes");
  EXPECT_EQ(NameFault(Repeat("房", 341) + "a", 1024), "");
  EXPECT_EQ(NameFault(Repeat("房", 342), 1024), "roomName: longer than 1024 bytes");
  EXPECT_EQ(NameFault(Repeat("😀", 256), 1024), "");
  EXPECT_EQ(NameFault(Repeat("😀", 257), 1024), "roomName: longer than 1024 bytes");
}

TEST(Fields, ReportsTheFirstInvalidField) {
  const json body = {{"userID", 1.5}};
  Fields fields(body, kGen1);
  static_cast<void>(fields.Text(field::kPushUrl));
  static_cast<void>(fields.User());
  static_cast<void>(fields.Room());
  EXPECT_EQ(fields.error().detail, "pushURL: missing");
  EXPECT_EQ(fields.error().code, Errc::kBadRequest);
}

TEST(Fields, ReadsTheSecondNameOfARoomWhenTheFirstIsMissing) {
  const json aliased = {{"roomid", "r2"}};
  EXPECT_EQ(Fields(aliased, kGen1).Room().value, "r2");
  const json both = {{"roomID", "r1"}, {"roomid", "r2"}};
  EXPECT_EQ(Fields(both, kGen1).Room().value, "r1");
  const json empty_first = {{"roomID", ""}, {"roomid", 7}};
  EXPECT_EQ(Fields(empty_first, kGen1).Room().value, "7");
}

TEST(Fields, ReportsTheNameThatWasSent) {
  const json body = {{"roomid", "a b"}};
  Fields fields(body, kGen1);
  static_cast<void>(fields.Room());
  EXPECT_EQ(fields.error().detail, "roomid: holds a forbidden character");
}

TEST(Fields, IgnoresAFieldWithoutAName) {
  const json body = {{"", "u1"}};
  Fields fields(body, kGen1);
  static_cast<void>(fields.User());
  EXPECT_EQ(fields.error().detail, "userID: missing");
}

TEST(Fields, TreatsAFalsyOptionalRoomAsAbsent) {
  for (const json& value : {json(nullptr), json(""), json(0), json(false)}) {
    const json body = {{"roomID", value}, {"roomid", value}};
    Fields fields(body, kGen1);
    EXPECT_FALSE(fields.OptionalRoom().has_value()) << value;
    EXPECT_TRUE(fields.ok());
  }
  const json nothing = json::object();
  EXPECT_FALSE(Fields(nothing, kGen1).OptionalRoom().has_value());
}

TEST(Fields, ChecksAPresentOptionalRoom) {
  for (const json& value : {json("a b"), json(1.5), json::object(), json(true)}) {
    const json body = {{"roomid", value}};
    Fields fields(body, kGen1);
    static_cast<void>(fields.OptionalRoom());
    EXPECT_FALSE(fields.ok()) << value;
  }
}

TEST(Fields, IgnoresIllTypedOptionalFields) {
  for (const json& value : {json(nullptr), json(""), json(1.5), json(true), json::array()}) {
    const json body = {{"code", value}, {"imuserid", value}};
    Fields fields(body, kGen1);
    EXPECT_EQ(fields.Text(field::kCode), "") << value;
    EXPECT_FALSE(fields.OptionalUser(field::kImUserId).has_value()) << value;
    EXPECT_TRUE(fields.ok()) << value;
  }
}

TEST(Fields, ChecksPresentOptionalFields) {
  const json code = {{"code", std::string(1025, 'c')}};
  Fields fields(code, kGen1);
  static_cast<void>(fields.Text(field::kCode));
  EXPECT_EQ(fields.error().detail, "code: longer than 1024 bytes");

  const json user = {{"imuserid", "a/b"}};
  Fields others(user, kGen1);
  static_cast<void>(others.OptionalUser(field::kImUserId));
  EXPECT_EQ(others.error().detail, "imuserid: holds a forbidden character");
}

TEST(Fields, ReadsIntegersAsNumbersAndAsDecimalStrings) {
  for (const char* twenty : {"20", "20.0", "2e1", "\"20\"", "\"020\""}) {
    EXPECT_EQ(IntegerOf(twenty).value, 20) << twenty;
    EXPECT_EQ(IntegerOf(twenty).fault, "") << twenty;
  }
  EXPECT_EQ(IntegerOf("-3").value, -3);
  EXPECT_EQ(IntegerOf("\"-3\"").value, -3);
  EXPECT_EQ(IntegerOf("0").fault, "");
  EXPECT_EQ(IntegerOf("\"0\"").fault, "");
}

TEST(Fields, ClampsIntegersTo64Bits) {
  using Limits = std::numeric_limits<std::int64_t>;
  for (const char* huge : {"9223372036854775807", "9223372036854775808", "18446744073709551615",
                           "18446744073709551616", "1e300", "\"9223372036854775808\"",
                           "\"99999999999999999999999999999999\""}) {
    EXPECT_EQ(IntegerOf(huge).value, Limits::max()) << huge;
    EXPECT_EQ(IntegerOf(huge).fault, "") << huge;
  }
  for (const char* low : {"-9223372036854775808", "-9223372036854775809", "-1e300",
                          "\"-99999999999999999999999999999999\""}) {
    EXPECT_EQ(IntegerOf(low).value, Limits::min()) << low;
    EXPECT_EQ(IntegerOf(low).fault, "") << low;
  }
}

TEST(Fields, RejectsNonIntegers) {
  for (const char* value :
       {"1.5", "null", "true", "false", "[]", "{}", "\"\"", "\"abc\"", "\"1.5\"", "\"1e3\"",
        "\"0x10\"", "\" 1\"", "\"1 \"", "\"+1\"", "\"-\"", "\"99999999999999999999999x\""}) {
    EXPECT_EQ(IntegerOf(value).fault, "cnt: not a whole number") << value;
  }
  const json nothing = json::object();
  Fields fields(nothing, kGen1);
  static_cast<void>(fields.Integer(field::kCnt));
  EXPECT_EQ(fields.error().detail, "cnt: missing");
}

TEST(Fields, BoundsTheTextOfAnObject) {
  // `{"a":"..."}` adds eight bytes to its text.
  const json longest = {
      {"mergeParams", {{"a", std::string(field::kMergeParams.max_bytes - 8, 'x')}}}};
  Fields fields(longest, kGen1);
  EXPECT_EQ(fields.MergeParams(), longest.at("mergeParams"));
  EXPECT_TRUE(fields.ok());

  const json longer = {
      {"mergeParams", {{"a", std::string(field::kMergeParams.max_bytes - 7, 'x')}}}};
  Fields others(longer, kGen1);
  (void)others.MergeParams();
  EXPECT_EQ(others.error().detail, "mergeParams: longer than 16384 bytes");
}

}  // namespace
}  // namespace rtcroom
