#include "storage/postgres/pg_hosts.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

std::string Order(const PgHosts& hosts) {
  std::string names;
  for (const PgHost& host : hosts.InOrder()) names += host.name;
  return names;
}

PgHosts Three() { return PgHosts({{.name = "a"}, {.name = "b"}, {.name = "c"}}); }

TEST(PgHosts, BeginWithTheOneThatWorkedLast) {
  PgHosts hosts = Three();
  EXPECT_EQ(Order(hosts), "abc");
  hosts.Worked(1);
  EXPECT_EQ(Order(hosts), "bca");
  hosts.Worked(0);
  EXPECT_EQ(Order(hosts), "bca");
  hosts.Worked(2);
  EXPECT_EQ(Order(hosts), "abc");
}

TEST(PgHosts, BeginWithTheNextAfterAFailure) {
  PgHosts hosts = Three();
  hosts.Failed();
  EXPECT_EQ(Order(hosts), "bca");
  hosts.Failed();
  hosts.Failed();
  EXPECT_EQ(Order(hosts), "abc");
}

TEST(PgHosts, MayBeNone) {
  PgHosts none({});
  none.Failed();
  EXPECT_EQ(Order(none), "");
}

}  // namespace
}  // namespace rtcroom
