#include <algorithm>
#include <chrono>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "handlers/shared/request_recorder.h"
#include "tests/support/captured_log.h"
#include "tests/support/fake_clock.h"
#include "tests/support/recorded_reply.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

class RefusedCallersTest : public testing::Test {
 protected:
  void Refuse(const std::string& address, Errc failure = Errc::kTokenWrong,
              const std::string& detail = "") {
    recorder_.Record(
        {.request_id = "id-7", .peer_address = address, .begun = clock_.Monotonic()},
        {.endpoint = "add_pusher", .code = 7, .failure = failure, .failure_detail = detail}, 200);
  }
  [[nodiscard]] std::ptrdiff_t Lines() const {
    const std::string text = log_.Text();
    return std::ranges::count(text, '\n');
  }

  CapturedLog log_;
  FakeClock clock_;
  Logger logger_{LogFormat::kText, LogLevel::kInfo, log_.file()};
  RequestIds ids_{"id"};
  LastRequest observer_;
  RequestRecorder recorder_{ids_, observer_, clock_, logger_};
};

TEST_F(RefusedCallersTest, AreLoggedAtInfoWithAddressAndCause) {
  Refuse("192.0.2.1", Errc::kUnauthorized, "ticket: expired");
  EXPECT_THAT(log_.Text(), HasSubstr(" info caller_refused request_id=id-7 peer=192.0.2.1 "
                                     "endpoint=add_pusher failure=unauthorized "
                                     "detail=\"ticket: expired\" times=1\n"));
}

TEST_F(RefusedCallersTest, GetAnIdWhereTheirRequestHasNone) {
  recorder_.Record({.peer_address = "192.0.2.1", .begun = clock_.Monotonic()},
                   {.endpoint = "channel/ws", .failure = Errc::kNoSession}, 200);
  EXPECT_THAT(log_.Text(), HasSubstr(" request_id=id-1 "));
}

TEST_F(RefusedCallersTest, AreLoggedOncePerTenSecondsAndAddress) {
  for (int i = 0; i < 5; ++i) Refuse("192.0.2.1");
  Refuse("192.0.2.2");
  EXPECT_EQ(Lines(), 2);
  clock_.Advance(LogRation::kPeriod - 1ms);
  Refuse("192.0.2.1");
  EXPECT_EQ(Lines(), 2);
  clock_.Advance(1ms);
  Refuse("192.0.2.1");
  EXPECT_EQ(Lines(), 3);
  EXPECT_THAT(log_.Text(), HasSubstr("peer=192.0.2.1 endpoint=add_pusher failure=token_wrong "
                                     "detail=\"\" times=6\n"));
}

TEST_F(RefusedCallersTest, AreCallersWithoutAValidTicketOrToken) {
  for (const Errc failure :
       {Errc::kBadRequest, Errc::kRoomNotFound, Errc::kNotAllowed, Errc::kTooManyRequests}) {
    Refuse("192.0.2.1", failure);
  }
  recorder_.Record({.peer_address = "192.0.2.1", .begun = clock_.Monotonic()},
                   {.endpoint = "add_pusher"}, 200);
  EXPECT_THAT(log_.Text(), IsEmpty());
  int clients = 0;
  for (const Errc failure : {Errc::kUnauthorized, Errc::kNoCredentials, Errc::kTokenMalformed,
                             Errc::kUnknownApp, Errc::kNoSession, Errc::kTokenWrong}) {
    Refuse(fmt::format("192.0.2.{}", ++clients), failure);
  }
  EXPECT_EQ(Lines(), clients);
}

TEST_F(RefusedCallersTest, ShareALineBeyondTheAddressLimit) {
  constexpr std::size_t kMore = 100;
  for (std::size_t i = 0; i < AddressRations::kMaxAddresses + kMore; ++i) {
    Refuse(fmt::format("10.0.{}.{}", i / 256, i % 256));
  }
  EXPECT_EQ(Lines(), static_cast<std::ptrdiff_t>(AddressRations::kMaxAddresses + 1));
  clock_.Advance(LogRation::kPeriod);
  Refuse("192.0.2.1");
  Refuse("192.0.2.2");
  EXPECT_EQ(Lines(), static_cast<std::ptrdiff_t>(AddressRations::kMaxAddresses + 3))
      << "silent clients were removed";
}

}  // namespace
}  // namespace rtcroom
