#include "daemon/auth/rate_limited_admission.h"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

class RateLimitedAdmissionTest : public testing::Test {
 protected:
  int AdmittedOf(std::string_view address) {
    int admitted = 0;
    while (admission_.AdmitsAddress(address)) ++admitted;
    return admitted;
  }
  int AdmittedOf(std::string_view address, const UserId& user) {
    int admitted = 0;
    while (admission_.AdmitsClaim(address, user)) ++admitted;
    return admitted;
  }

  int AdmittedOf(const UserId& user) {
    int admitted = 0;
    while (admission_.AdmitsUser(user)) ++admitted;
    return admitted;
  }

  int TicketsOf(std::string_view address) {
    int tickets = 0;
    while (admission_.AdmitsTicket(address)) ++tickets;
    return tickets;
  }

  FakeClock clock_;
  RateLimitedAdmission admission_{clock_, {.low = 1, .high = 2}, {}};
};

TEST_F(RateLimitedAdmissionTest, AppliesTheLimitsOfTheProtocol) {
  EXPECT_EQ(AdmittedOf("192.0.2.1"), 1000);
  EXPECT_EQ(AdmittedOf("192.0.2.1", {"u1"}), 60);
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(AdmittedOf("192.0.2.1"), 200);
  EXPECT_EQ(AdmittedOf("192.0.2.1", {"u1"}), 20);
}

TEST_F(RateLimitedAdmissionTest, ChargesAdditionalRequestCosts) {
  admission_.ChargeAddress("192.0.2.1", 600);
  EXPECT_EQ(AdmittedOf("::ffff:192.0.2.1"), 400);
  EXPECT_FALSE(admission_.IsAddressInDebt("192.0.2.1"));
  admission_.ChargeAddress("192.0.2.1", 100);
  EXPECT_TRUE(admission_.IsAddressInDebt("::ffff:192.0.2.1"));
  EXPECT_FALSE(admission_.IsAddressInDebt("192.0.2.2"));
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(AdmittedOf("192.0.2.1"), 100);

  admission_.ChargeUser({"u1"}, 61);
  EXPECT_TRUE(admission_.IsUserInDebt({"u1"}));
  EXPECT_FALSE(admission_.IsUserInDebt({"u2"}));
  EXPECT_EQ(AdmittedOf(UserId{"u1"}), 0);
}

TEST_F(RateLimitedAdmissionTest, DelaysUnrefusableCallsByTheSameTokens) {
  EXPECT_EQ(AdmittedOf("192.0.2.1"), 1000);
  EXPECT_EQ(admission_.DelayOfAddress("192.0.2.1"), std::chrono::milliseconds(5));
  EXPECT_EQ(admission_.DelayOfAddress("192.0.2.1"), std::chrono::milliseconds(10));
  EXPECT_EQ(admission_.DelayOfAddress("192.0.2.2"), std::chrono::nanoseconds(0));
  clock_.Advance(std::chrono::milliseconds(10));
  EXPECT_EQ(AdmittedOf("192.0.2.1"), 0) << "the tokens are used up";
  for (int i = 0; i < 2000; ++i) (void)admission_.DelayOfAddress("192.0.2.1");
  EXPECT_EQ(admission_.DelayOfAddress("192.0.2.1"), std::chrono::seconds(5)) << "at most";
}

TEST_F(RateLimitedAdmissionTest, LimitsClaimedUsersPerAddress) {
  EXPECT_EQ(AdmittedOf("192.0.2.1", {"u1"}), 60);
  EXPECT_EQ(AdmittedOf("192.0.2.1", {"u2"}), 60);
  EXPECT_EQ(AdmittedOf("192.0.2.2", {"u1"}), 60);
}

TEST_F(RateLimitedAdmissionTest, LimitsProvenAndClaimedUsersSeparately) {
  EXPECT_EQ(AdmittedOf("192.0.2.1", {"u1"}), 60);
  EXPECT_EQ(AdmittedOf(UserId{"u1"}), 60);
  EXPECT_EQ(AdmittedOf(UserId{"u1"}), 0);
  EXPECT_EQ(AdmittedOf("192.0.2.2", {"u1"}), 60);
}

TEST_F(RateLimitedAdmissionTest, CountsANetworkOfIpv6AsOneClient) {
  EXPECT_EQ(AdmittedOf("2001:db8::1"), 1000);
  EXPECT_EQ(AdmittedOf("2001:db8::2"), 0);
  EXPECT_EQ(AdmittedOf("2001:db8:0:1::1"), 1000);
  EXPECT_EQ(AdmittedOf("2001:db8::1", {"u1"}), 60);
  EXPECT_EQ(AdmittedOf("2001:db8::2", {"u1"}), 0);
}

TEST_F(RateLimitedAdmissionTest, CountsAMappedAddressAsItsIpv4Address) {
  EXPECT_EQ(AdmittedOf("::ffff:192.0.2.1"), 1000);
  EXPECT_EQ(AdmittedOf("192.0.2.1"), 0);
}

TEST_F(RateLimitedAdmissionTest, LimitsTicketsPerHourSeparatelyFromRequests) {
  EXPECT_EQ(TicketsOf("192.0.2.1"), 100);
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_EQ(TicketsOf("192.0.2.1"), 10);
  EXPECT_EQ(TicketsOf("2001:db8::1"), 100);
  EXPECT_EQ(TicketsOf("2001:db8::2"), 0) << "one network";
  EXPECT_EQ(AdmittedOf("192.0.2.1"), 1000);
  admission_.SetLimits({.tickets = {}});
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(admission_.AdmitsTicket("192.0.2.1"));
}

TEST_F(RateLimitedAdmissionTest, AppliesNewLimits) {
  admission_.SetLimits(
      {.per_address = {.per_second = 1, .burst = 2}, .per_user = {.per_second = 1, .burst = 3}});
  EXPECT_EQ(AdmittedOf("192.0.2.1"), 2);
  EXPECT_EQ(AdmittedOf("192.0.2.1", {"u1"}), 3);
}

}  // namespace
}  // namespace rtcroom
