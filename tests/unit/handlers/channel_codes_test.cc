#include "handlers/channel/channel_codes.h"

#include <cstddef>
#include <utility>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

TEST(ChannelCodes, AreThoseOfTheContract) {
  constexpr std::pair<Errc, int> kCodes[] = {
      {Errc::kBadRequest, 10004},     {Errc::kNotJson, 60003},
      {Errc::kTokenMalformed, 70009}, {Errc::kTokenWrong, 70013},
      {Errc::kUnknownApp, 70014},     {Errc::kNoSession, 70003},
      {Errc::kNotAllowed, 10007},     {Errc::kRoomNotFound, 10010},
      {Errc::kRoomExists, 10025},     {Errc::kInstanceKicked, 91101},
      {Errc::kContentRefused, 80001}, {Errc::kContentTooLong, 80002},
      {Errc::kNotReachable, 20009},   {Errc::kTooManyRequests, 10002},
      {Errc::kStoreBusy, 10002},      {Errc::kOutcomeUnknown, 10002},
      {Errc::kInternal, 10002},
  };
  for (const auto& [failure, code] : kCodes) {
    EXPECT_EQ(ChannelCodeOf("openim/sendmsg", failure).code, code) << failure;
  }
  EXPECT_EQ(kUnknownCommand.code, 60002);
}

TEST(ChannelCodes, ExistForEveryFailure) {
  for (std::size_t number = 0; number < kErrcCount; ++number) {
    const auto failure = static_cast<Errc>(number);
    EXPECT_GT(ChannelCodeOf("openim/sendmsg", failure).code, 10000) << failure;
    EXPECT_FALSE(ChannelCodeOf("openim/sendmsg", failure).info.empty()) << failure;
  }
}

TEST(ChannelCodes, DistinguishAnExpiredTicketFromAnExpiredLogin) {
  EXPECT_EQ(ChannelCodeOf("openim/login", Errc::kNoSession).code, 70001);
  EXPECT_EQ(ChannelCodeOf("openim/login", Errc::kUnknownApp).code, 70014);
}

}  // namespace
}  // namespace rtcroom
