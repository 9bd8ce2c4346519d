#include "daemon/http_client/answer_guard.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

constexpr std::size_t kPlenty = 1 << 20;

bool AdmitsByteByByte(std::string_view answer) {
  AnswerGuard guard(kPlenty);
  for (const char byte : answer) {
    if (!guard.Admits({&byte, 1})) return false;
  }
  return true;
}

TEST(AnswerGuard, AcceptsABoundedNumberOfBytes) {
  AnswerGuard guard(20);
  EXPECT_TRUE(guard.Admits("HTTP/1.1 200 \r\n"));  // 15
  EXPECT_TRUE(guard.Admits("12345"));
  EXPECT_FALSE(guard.Admits("6"));
}

TEST(AnswerGuard, RefusesAFirstLineThatIsTooLong) {
  const std::string most(AnswerGuard::kMaxFirstLine, 'x');
  EXPECT_TRUE(AnswerGuard(kPlenty).Admits(most + "\n" + most + most));
  EXPECT_FALSE(AnswerGuard(kPlenty).Admits(most + "x\n"));
  EXPECT_FALSE(AnswerGuard(kPlenty).Admits(most + "x"));
  EXPECT_TRUE(AdmitsByteByByte(most + "\n" + most + most));
  EXPECT_FALSE(AdmitsByteByByte(most + "x"));
}

TEST(AnswerGuard, RefusesAPreliminaryAnswer) {
  for (const char* status : {"100", "101", "103", "199"}) {
    const std::string answer = std::string("HTTP/1.1 ") + status + " \r\n\r\n";
    EXPECT_FALSE(AnswerGuard(kPlenty).Admits(answer)) << status;
    EXPECT_FALSE(AdmitsByteByByte(answer)) << status;
  }
  EXPECT_TRUE(AdmitsByteByByte("HTTP/1.1 200 OK\r\nHTTP/1.1 100 \r\n\r\n"));
  EXPECT_TRUE(AdmitsByteByByte("HTTP/1.0 500 \r\n\r\n"));
}

}  // namespace
}  // namespace rtcroom
