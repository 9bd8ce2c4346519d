#include "storage/postgres/pg_value.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/postgres/postgres_fixture.h"

namespace rtcroom {
namespace {

enum class Colour : std::uint8_t { kRed, kBlue = 2 };

template <typename T>
constexpr T kLeast = std::numeric_limits<T>::min();
template <typename T>
constexpr T kMost = std::numeric_limits<T>::max();

std::vector<std::byte> AllBytes() {
  std::vector<std::byte> bytes(256);
  for (std::size_t value = 0; value < bytes.size(); ++value) {
    bytes[value] = static_cast<std::byte>(value);
  }
  return bytes;
}

std::vector<std::byte> Copied(std::span<const std::byte> bytes) {
  return {bytes.begin(), bytes.end()};
}

// What a value is when the server reads it as text, and what it is when it comes back.
constexpr auto kEchoes = std::to_array<PgStatement>({
    {"bigint", "SELECT $1::bigint, $1::bigint::text"},
    {"int", "SELECT $1::int, $1::int::text"},
    {"smallint", "SELECT $1::smallint, $1::smallint::text"},
    {"bool", "SELECT $1::boolean, $1::boolean::text"},
    {"text", "SELECT $1::text, length($1::text)::text"},
    {"bytea", "SELECT $1::bytea, encode($1::bytea, 'hex')"},
    {"bigints", "SELECT v FROM unnest($1::bigint[]) WITH ORDINALITY u(v, n) ORDER BY n"},
    {"ints", "SELECT v FROM unnest($1::int[]) WITH ORDINALITY u(v, n) ORDER BY n"},
    {"smallints", "SELECT v FROM unnest($1::smallint[]) WITH ORDINALITY u(v, n) ORDER BY n"},
    {"bools", "SELECT v FROM unnest($1::boolean[]) WITH ORDINALITY u(v, n) ORDER BY n"},
    {"texts", "SELECT v FROM unnest($1::text[]) WITH ORDINALITY u(v, n) ORDER BY n"},
    {"byteas", "SELECT v FROM unnest($1::bytea[]) WITH ORDINALITY u(v, n) ORDER BY n"},
    {"double", "SELECT 1.5::double precision"},
});

class PgValueTest : public PostgresTest {
 protected:
  /// The rows of a statement; the first is current when there is one.
  template <typename... Values>
  PgRows Rows(const char* name, const Values&... values) {
    Result<PgRows> rows = connection_->Run(PgCall({.name = name}, values...), Soon());
    if (!rows) throw std::runtime_error(rows.error().detail);
    (void)rows->Next();
    return std::move(*rows);
  }

  template <typename... Values>
  Error Refusal(const char* name, const Values&... values) {
    const Result<PgRows> rows = connection_->Run(PgCall({.name = name}, values...), Soon());
    return rows ? Error{Errc::kInternal, "not refused"} : rows.error();
  }

  const std::unique_ptr<PgConnection> connection_ = MakeConnected(kEchoes);
};

TEST_F(PgValueTest, IntegersOfAllWidthsKeepTheirValue) {
  for (const std::int64_t value : {kLeast<std::int64_t>, std::int64_t{-1}, std::int64_t{0},
                                   std::int64_t{258}, kMost<std::int64_t>}) {
    PgRows rows = Rows("bigint", value);
    EXPECT_EQ(rows.Integer(0), value);
    EXPECT_EQ(rows.Text(1), std::to_string(value));
  }
  for (const std::int32_t value : {kLeast<std::int32_t>, -1, 0, 258, kMost<std::int32_t>}) {
    PgRows rows = Rows("int", value);
    EXPECT_EQ(rows.Integer(0), value);
    EXPECT_EQ(rows.Text(1), std::to_string(value));
  }
  for (const int value : {-32768, -1, 0, 258, 32767}) {
    PgRows rows = Rows("smallint", static_cast<std::int16_t>(value));
    EXPECT_EQ(rows.Integer(0), value);
    EXPECT_EQ(rows.Text(1), std::to_string(value));
  }
}

TEST_F(PgValueTest, IntegersMayBeOfFewerBytesThanTheStatementTakes) {
  EXPECT_EQ(Rows("bigint", std::int16_t{7}).Text(1), "7");
  EXPECT_EQ(Rows("bigint", kLeast<std::int32_t>).Integer(0), kLeast<std::int32_t>);
  EXPECT_TRUE(Rows("int", std::optional<std::int16_t>()).IsNull(0));
}

TEST_F(PgValueTest, EnumeratorsTimesAndUnsignedNumbersAreIntegers) {
  EXPECT_EQ(Rows("smallint", Colour::kBlue).Integer(0), 2);
  const TimePoint time{std::chrono::milliseconds(1'700'000'000'123)};
  EXPECT_EQ(Rows("bigint", time).Time(0), time);
  constexpr auto kLargest = static_cast<std::uint64_t>(kMost<std::int64_t>);
  EXPECT_EQ(Rows("bigint", kLargest).Unsigned(0), kLargest);
}

TEST_F(PgValueTest, BooleansKeepTheirValue) {
  for (const bool value : {false, true}) {
    PgRows rows = Rows("bool", value);
    EXPECT_EQ(rows.Bool(0), value);
    EXPECT_EQ(rows.Text(1), value ? "true" : "false");
  }
}

TEST_F(PgValueTest, TextsKeepTheirCharacters) {
  for (const std::string_view text : {"", "room", "房间 🎥", "'); DROP"}) {
    EXPECT_EQ(Rows("text", text).Text(0), text);
  }
  EXPECT_EQ(Rows("text", "房间").Text(1), "2");
}

TEST_F(PgValueTest, BytesKeepAllValues) {
  const std::vector<std::byte> bytes = AllBytes();
  PgRows rows = Rows("bytea", bytes);
  EXPECT_EQ(Copied(rows.Bytes(0)), bytes);
  EXPECT_EQ(rows.Text(1).substr(0, 8), "00010203");
  EXPECT_TRUE(Rows("bytea", std::vector<std::byte>{}).Bytes(0).empty());
  constexpr std::string_view kFreeText("a\0b", 3);
  EXPECT_EQ(Rows("bytea", PgBytes(kFreeText)).Text(0), kFreeText);
}

TEST_F(PgValueTest, EmptyOptionalsAreNull) {
  EXPECT_TRUE(Rows("bigint", std::optional<std::int64_t>()).IsNull(0));
  EXPECT_TRUE(Rows("text", std::optional<std::string_view>()).IsNull(0));
  EXPECT_TRUE(Rows("bytea", std::optional<std::span<const std::byte>>()).IsNull(0));
  PgRows present = Rows("int", std::optional<std::int32_t>(7));
  EXPECT_FALSE(present.IsNull(0));
  EXPECT_EQ(present.Integer(0), 7);
}

template <typename T>
PgArray<T> ArrayOf(const std::vector<T>& values) {
  PgArray<T> array;
  for (const T& value : values) array.Add(value);
  return array;
}

TEST_F(PgValueTest, ArraysOfIntegersKeepTheirElements) {
  const auto integers = [](PgRows rows) {
    std::vector<std::int64_t> values;
    if (rows.size() == 0) return values;
    do {
      values.push_back(rows.Integer(0));
    } while (rows.Next());
    EXPECT_OK(rows.status());
    return values;
  };
  using testing::ElementsAre;
  using testing::IsEmpty;
  EXPECT_THAT(integers(Rows("bigints", ArrayOf<std::int64_t>({kLeast<std::int64_t>, 0, 258}))),
              ElementsAre(kLeast<std::int64_t>, 0, 258));
  EXPECT_THAT(integers(Rows("bigints", ArrayOf<std::uint64_t>({0, 5}))), ElementsAre(0, 5));
  EXPECT_THAT(integers(Rows("ints", ArrayOf<std::int32_t>({kLeast<std::int32_t>, -1, 7}))),
              ElementsAre(kLeast<std::int32_t>, -1, 7));
  EXPECT_THAT(integers(Rows("smallints", ArrayOf<std::int16_t>({-32768, 32767}))),
              ElementsAre(-32768, 32767));
  EXPECT_THAT(integers(Rows("smallints", ArrayOf<Colour>({Colour::kBlue, Colour::kRed}))),
              ElementsAre(2, 0));
  EXPECT_THAT(integers(Rows("bigints", ArrayOf<std::int64_t>({}))), IsEmpty());
}

TEST_F(PgValueTest, ArraysOfTextsBytesAndBooleansKeepTheirElements) {
  PgRows texts = Rows("texts", ArrayOf<std::string_view>({"a", "", "{,\"房"}));
  EXPECT_EQ(texts.Text(0), "a");
  ASSERT_TRUE(texts.Next());
  EXPECT_EQ(texts.Text(0), "");
  ASSERT_TRUE(texts.Next());
  EXPECT_EQ(texts.Text(0), "{,\"房");
  EXPECT_FALSE(texts.Next());

  const std::vector<std::byte> bytes = AllBytes();
  PgRows byteas = Rows("byteas", ArrayOf<std::span<const std::byte>>({bytes, {}}));
  EXPECT_EQ(Copied(byteas.Bytes(0)), bytes);
  ASSERT_TRUE(byteas.Next());
  EXPECT_TRUE(byteas.Bytes(0).empty());

  PgRows bools = Rows("bools", ArrayOf<bool>({true, false}));
  EXPECT_TRUE(bools.Bool(0));
  ASSERT_TRUE(bools.Next());
  EXPECT_FALSE(bools.Bool(0));
  EXPECT_EQ(Rows("texts", PgArray<std::string_view>()).size(), 0u);
}

TEST_F(PgValueTest, ArraysMayHoldNulls) {
  PgRows rows = Rows("texts", ArrayOf<std::optional<std::string_view>>({"a", std::nullopt, "c"}));
  EXPECT_EQ(rows.size(), 3u);
  EXPECT_FALSE(rows.IsNull(0));
  ASSERT_TRUE(rows.Next());
  EXPECT_TRUE(rows.IsNull(0));
  ASSERT_TRUE(rows.Next());
  EXPECT_EQ(rows.Text(0), "c");
}

TEST_F(PgValueTest, RefusesUnsignedNumbersThatNoBigintHolds) {
  constexpr auto kTooLarge = static_cast<std::uint64_t>(kMost<std::int64_t>) + 1;
  const Error alone = Refusal("bigint", kTooLarge);
  EXPECT_EQ(alone.code, Errc::kStoreBroken);
  EXPECT_EQ(alone.detail, "statement bigint: parameter 1 is above the largest bigint");
  EXPECT_EQ(MeaningOf(*connection_), PgMeaning::kBroken);
  EXPECT_EQ(Refusal("bigints", ArrayOf<std::uint64_t>({1, kTooLarge, 2})).code, Errc::kStoreBroken);
  EXPECT_EQ(Rows("int", 1).Integer(0), 1);
}

TEST_F(PgValueTest, RefusesParametersOfAnotherTypeOrNumber) {
  EXPECT_EQ(Refusal("int", std::int64_t{1}).detail,
            "statement int: parameter 1 is bigint instead of integer");
  EXPECT_EQ(Refusal("bytea", "text").detail,
            "statement bytea: parameter 1 is text instead of bytea");
  EXPECT_EQ(Refusal("texts", PgArray<std::int64_t>()).detail,
            "statement texts: parameter 1 is bigint[] instead of text[]");
  EXPECT_EQ(Refusal("int", 1, 2).detail, "statement int: 2 parameters instead of 1");
  EXPECT_EQ(Refusal("unheard").detail, "statement unheard: not prepared");
}

TEST_F(PgValueTest, TheServerRefusesTextsThatAreNotUtf8) {
  for (const std::string_view text : {std::string_view("a\0b", 3), std::string_view("\xFF")}) {
    EXPECT_EQ(Refusal("text", text).code, Errc::kStoreBroken);
    EXPECT_EQ(connection_->failure().sqlstate, "22021");
    EXPECT_TRUE(connection_->connected());
  }
}

template <typename Read>
std::string FaultOf(PgRows rows, Read read) {
  (void)read(rows);
  return rows.status() ? "" : rows.status().error().detail;
}

TEST_F(PgValueTest, ReportsColumnsThatAreNotWhatIsRead) {
  const auto integer = [](PgRows& rows) { return rows.Integer(0); };
  EXPECT_EQ(FaultOf(Rows("double"), integer), "column 0 (float8, type 701) is no integer");
  EXPECT_EQ(FaultOf(Rows("text", "1234"), integer), "column 0 (text, text) is no integer");
  EXPECT_EQ(FaultOf(Rows("bigint", std::optional<std::int64_t>()), integer),
            "column 0 (int8, bigint) is NULL");
  EXPECT_NE(FaultOf(Rows("int", 1), [](PgRows& rows) { return rows.Bool(0); }), "");
  EXPECT_NE(FaultOf(Rows("int", 1), [](PgRows& rows) { return rows.Text(0); }), "");
  EXPECT_NE(FaultOf(Rows("text", "a"), [](PgRows& rows) { return rows.Bytes(0).size(); }), "");
  EXPECT_EQ(FaultOf(Rows("int", -1), [](PgRows& rows) { return rows.Unsigned(0); }),
            "column 0 (int4, integer) is negative");
}

TEST_F(PgValueTest, ReportsCellsThatAreNotThere) {
  for (const int column : {-1, 2}) {
    EXPECT_EQ(FaultOf(Rows("int", 1), [&](PgRows& rows) { return rows.Integer(column); }),
              "column " + std::to_string(column) + " is not in the result");
  }
  EXPECT_NE(
      FaultOf(Rows("ints", PgArray<std::int32_t>()), [](PgRows& rows) { return rows.IsNull(0); }),
      "");
}

TEST_F(PgValueTest, AFaultEndsTheRows) {
  PgRows rows = Rows("ints", ArrayOf<std::int32_t>({1, 2}));
  EXPECT_FALSE(rows.Bool(0));
  EXPECT_FALSE(rows.Next());
  EXPECT_EQ(rows.Integer(0), 0);
  EXPECT_ERROR(kStoreBroken, rows.status());
}

}  // namespace
}  // namespace rtcroom
