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

TEST(PgHosts, BeginWithTheOneThatIsChosen) {
  PgHosts hosts = Three();
  hosts.BeginWith({.name = "c"});
  EXPECT_EQ(Order(hosts), "cab");
  hosts.BeginWith({.name = "unknown"});
  EXPECT_EQ(Order(hosts), "cab");
}

TEST(PgHosts, KnowWhenEachWasTriedLast) {
  constexpr MonotonicTime kOnce{std::chrono::seconds(1)};
  constexpr MonotonicTime kAgain{std::chrono::seconds(2)};
  PgHosts hosts = Three();
  EXPECT_EQ(hosts.first_tried_at(), std::nullopt);
  hosts.Tried(0, kOnce);
  hosts.Tried(1, kAgain);
  EXPECT_EQ(hosts.first_tried_at(), kOnce);
  hosts.Worked(1);
  EXPECT_EQ(hosts.first_tried_at(), kAgain);
  hosts.Failed();
  EXPECT_EQ(hosts.first_tried_at(), std::nullopt);
  hosts.Tried(0, kAgain);
  EXPECT_EQ(hosts.first_tried_at(), kAgain);
}

TEST(PgReportedHost, IsAnotherOneThatWasReportedSince) {
  const PgHost a{.name = "a"};
  const PgHost b{.name = "b"};
  PgReportedHost reported;
  EXPECT_EQ(reported.Other(a, reported.reports()), std::nullopt);
  reported.Report(a);
  const std::uint64_t connected = reported.reports();
  EXPECT_EQ(reported.Other(a, 0), std::nullopt);
  EXPECT_EQ(reported.Other(b, connected), std::nullopt) << "b was reached later";
  reported.Report(a);
  EXPECT_EQ(reported.Other(b, connected), a);
}

TEST(PgHosts, MayBeNone) {
  PgHosts none({});
  none.Failed();
  none.Tried(0, {});
  EXPECT_EQ(none.first_tried_at(), std::nullopt);
  EXPECT_EQ(Order(none), "");
}

}  // namespace
}  // namespace rtcroom
