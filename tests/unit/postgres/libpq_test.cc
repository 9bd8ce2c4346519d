#include "storage/postgres/libpq.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using testing::EndsWith;
using testing::StartsWith;

TEST(Libpq, MissingIsSaidInOneSentence) {
  const Result<Libpq> libpq = LoadLibpq("libpq-missing.so.5");
  ASSERT_FALSE(libpq);
  EXPECT_EQ(libpq.error().code, Errc::kStoreBroken);
  EXPECT_THAT(libpq.error().detail,
              StartsWith("PostgreSQL needs libpq 14 or later (package libpq5): "
                         "libpq-missing.so.5: cannot open shared object file"));
}

TEST(Libpq, LackingAFunctionIsRefused) {
  const Result<Libpq> libpq = LoadLibpq("libm.so.6");
  ASSERT_FALSE(libpq);
  EXPECT_THAT(libpq.error().detail, EndsWith(": libm.so.6 has no PQtransactionStatus"));
}

}  // namespace
}  // namespace rtcroom
