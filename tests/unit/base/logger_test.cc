#include "daemon/base/logger.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/log_scope.h"
#include "daemon/base/secret.h"
#include "tests/support/captured_log.h"

namespace rtcroom {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;

/// Inspects the output of a log call.
class LoggerTest : public testing::Test {
 protected:
  [[nodiscard]] std::string Written() const { return log_.Text(); }

  CapturedLog log_;
};

TEST_F(LoggerTest, WritesOneJsonObjectALine) {
  Logger logger(LogFormat::kJson, LogLevel::kInfo, log_.file());
  logger.Info("room_created", {{"room", "r1"}, {"pushers", 2}, {"ratio", 0.5}, {"live", true}});
  EXPECT_THAT(Written(), MatchesRegex("\\{\"time\":\"[0-9-]+T[0-9:.]+Z\",\"level\":\"info\","
                                      "\"event\":\"room_created\",\"room\":\"r1\",\"pushers\":2,"
                                      "\"ratio\":0.5,\"live\":true\\}\n"));
}

TEST_F(LoggerTest, WritesReadableText) {
  Logger logger(LogFormat::kText, LogLevel::kInfo, log_.file());
  logger.Warn("slow", {{"endpoint", "add_pusher"}, {"note", "two words"}});
  EXPECT_THAT(Written(), EndsWith(" warn slow endpoint=add_pusher note=\"two words\"\n"));
}

TEST_F(LoggerTest, IncludesTheRequestIdInJson) {
  Logger logger(LogFormat::kJson, LogLevel::kInfo, log_.file());
  {
    const LogScope scope("req-1");
    logger.Info("room_created", {{"room", "r1"}});
    {
      const LogScope inner("req-2");
      logger.Info("within");
    }
    logger.Info("request", {{"request_id", "req-3"}});
  }
  logger.Info("outside");
  EXPECT_THAT(
      Written(),
      MatchesRegex(".*\"event\":\"room_created\",\"request_id\":\"req-1\",\"room\":\"r1\"\\}\n"
                   ".*\"within\",\"request_id\":\"req-2\"\\}\n"
                   ".*\"request\",\"request_id\":\"req-3\"\\}\n"
                   ".*\"outside\"\\}\n"));
}

TEST_F(LoggerTest, IncludesTheRequestIdInText) {
  Logger logger(LogFormat::kText, LogLevel::kInfo, log_.file());
  const LogScope scope("req-1");
  logger.Info("room_created", {{"room", "r1"}});
  EXPECT_THAT(Written(), EndsWith(" info room_created request_id=req-1 room=r1\n"));
}

TEST_F(LoggerTest, OmitsLinesBelowItsLevel) {
  Logger logger(LogFormat::kText, LogLevel::kWarn, log_.file());
  logger.Info("quiet");
  EXPECT_THAT(Written(), IsEmpty());
  logger.SetLevel(LogLevel::kDebug);
  logger.Debug("loud");
  EXPECT_THAT(Written(), HasSubstr("loud"));
}

TEST_F(LoggerTest, EscapesClientTextAgainstForgedLines) {
  for (const LogFormat format : {LogFormat::kJson, LogFormat::kText}) {
    Logger logger(format, LogLevel::kInfo, log_.file());
    logger.Info("e", {{"user", "a\"}\n{\"event\":\"forged\"\x1b[31m"}});
  }
  const std::string text = Written();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr(R"(a\"}\u000a{\"event\":\"forged\"\u001b[31m)"));
}

TEST_F(LoggerTest, CutsLongTextsBetweenCharacters) {
  Logger logger(LogFormat::kJson, LogLevel::kInfo, log_.file());
  std::string text(255, 'x');
  text += "房房房";
  logger.Info("e", {{"name", text}});
  EXPECT_THAT(Written(), HasSubstr(std::string(255, 'x') + "...\"}"));
}

TEST(LogLevel, IsParsedFromItsName) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError}) {
    EXPECT_EQ(ParseLogLevel(LogLevelName(level)), level);
  }
  EXPECT_EQ(ParseLogLevel("trace"), std::nullopt);
}

TEST(Secret, PrintsAsStars) {
  const Secret secret("hunter2");
  std::ostringstream out;
  out << secret;
  EXPECT_EQ(out.str(), "***");
  EXPECT_EQ(fmt::format("{}", secret), "***");
  EXPECT_EQ(secret.Reveal(), "hunter2");
}

}  // namespace
}  // namespace rtcroom
