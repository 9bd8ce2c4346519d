#include "daemon/im/im_admin_signature.h"

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/unit/im/counting_signer.h"

namespace rtcroom {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr hours kLife{10};

class AdminSignature : public testing::Test {
 protected:
  /// "" after an error.
  std::string Get() {
    const Result<Secret> signature = signature_.Get();
    return signature ? signature->Reveal() : "";
  }

  FakeClock clock_;
  CountingSigner signer_;
  ImAdminSignature signature_{signer_, {"boss"}, kLife, clock_};
};

TEST_F(AdminSignature, IsMadeOnceForTheAdministrator) {
  EXPECT_EQ(signer_.signed_so_far(), 0);
  EXPECT_EQ(Get(), "boss-1");
  EXPECT_EQ(Get(), "boss-1");
  EXPECT_EQ(signer_.signed_so_far(), 1);
}

TEST_F(AdminSignature, IsRenewedAtHalfItsLife) {
  Get();
  clock_.Advance(kLife / 2 - milliseconds(1));
  EXPECT_EQ(Get(), "boss-1");
  clock_.Advance(milliseconds(1));
  EXPECT_EQ(Get(), "boss-2");
  clock_.Advance(kLife / 2 - milliseconds(1));
  EXPECT_EQ(Get(), "boss-2");
}

TEST_F(AdminSignature, IsRenewedAfterAClockSetBack) {
  Get();
  clock_.JumpWallClock(-hours(1));
  EXPECT_EQ(Get(), "boss-2");
  EXPECT_EQ(Get(), "boss-2");
}

TEST_F(AdminSignature, IsRenewedWhenItIsRefused) {
  EXPECT_EQ(Get(), "boss-1");
  EXPECT_EQ(signature_.Renew(Secret("boss-1"))->Reveal(), "boss-2");
  EXPECT_EQ(Get(), "boss-2");
}

TEST_F(AdminSignature, IsRenewedOnceForConcurrentRefusals) {
  EXPECT_EQ(Get(), "boss-1");
  {
    std::vector<std::jthread> callers;
    callers.reserve(8);
    for (int caller = 0; caller < 8; ++caller) {
      callers.emplace_back([this] {
        const Result<Secret> renewed = signature_.Renew(Secret("boss-1"));
        ASSERT_OK(renewed);
        EXPECT_EQ(renewed->Reveal(), "boss-2");
      });
    }
  }
  EXPECT_EQ(signer_.signed_so_far(), 2);
}

TEST_F(AdminSignature, IsUnavailableWithoutAKey) {
  signer_.Break();
  EXPECT_ERROR(kUnavailable, signature_.Get());
  EXPECT_ERROR(kUnavailable, signature_.Renew(Secret("boss-1")));
}

TEST_F(AdminSignature, IsNotPrinted) {
  EXPECT_EQ(testing::PrintToString(*signature_.Get()), "***");
}

}  // namespace
}  // namespace rtcroom
