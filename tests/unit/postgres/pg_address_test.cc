#include "storage/postgres/pg_address.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;
using testing::Not;

class PgAddressAccepts : public testing::TestWithParam<std::string> {};

TEST_P(PgAddressAccepts, BothForms) { EXPECT_OK(PgAddress::Parse(Secret(GetParam()))); }

INSTANTIATE_TEST_SUITE_P(Text, PgAddressAccepts,
                         testing::Values("postgresql://u:p%40ss%2F@a:1,b:2/db?sslmode=verify-full",
                                         "postgres://a,b/db", "postgresql:///db?host=/run/x",
                                         "postgresql://u@%2Frun%2Fpostgresql:5433/db",
                                         "host=a,b port=5432 user=u password='p@ss/?'",
                                         "hostaddr=127.0.0.1,127.0.0.2 port=1,2 dbname=x"));

// The password is "pa55", in places where it would be taken for something else.
class PgAddressRefuses : public testing::TestWithParam<std::string> {};

TEST_P(PgAddressRefuses, WithoutQuotingThePassword) {
  const Result<PgAddress> address = PgAddress::Parse(Secret(GetParam()));
  EXPECT_ERROR(kStoreBroken, address);
  ASSERT_FALSE(address);
  EXPECT_THAT(address.error().detail, Not(HasSubstr("pa55")));
  EXPECT_THAT(address.error().detail, HasSubstr("connection string: "));
}

INSTANTIATE_TEST_SUITE_P(
    Text, PgAddressRefuses,
    testing::Values("pa55", "postgresql://u:x@pa55@host/db", "postgresql://u:1/pa55@host/db",
                    "postgresql://u:1?pa55=x@host/db", "postgresql://u:p%pa55@host/db",
                    "postgresql://u:pa55", "postgresql://host/db?pa55=1", "password=a pa55",
                    "host=a,b,c port=1,2 password=pa55", "host=a port=70000pa55",
                    "host=a,b hostaddr=127.0.0.1 password=pa55", "host=a options=-rpa55",
                    "host=a options=-cpa55", "host=a options='pa55 -c'"));

}  // namespace
}  // namespace rtcroom
