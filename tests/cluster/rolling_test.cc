// Servers that are upgraded one after the other: clients of the proxy in front of them notice
// nothing.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cluster/beating_members.h"
#include "tests/cluster/failing_cluster.h"
#include "tests/cluster/front_proxy.h"
#include "tests/cluster/roaming_writer.h"
#include "tests/cluster/stored_history.h"
#include "tests/support/eventually.h"

namespace rtcroom {
namespace {

using testing::IsEmpty;

/// The program of the servers that are not upgraded yet: an older one, or the same.
std::filesystem::path OlderServer() {
  const char* const older = std::getenv("RTCROOM_OLDER_SERVER");
  return older != nullptr ? older : ServerBinary();
}

class RollingUpgrade : public testing::Test {
 protected:
  RollingUpgrade() {
    constexpr const char* kKindsInTurn[] = {"double_room", "multi_room", "live_room"};
    for (std::size_t i = 0; i < 6; ++i) {
      const bool is_gen2 = i % 2 == 1;
      writers_.push_back(std::make_unique<RoamingWriter>(
          fmt::format("w{}_", i), is_gen2 ? "live_room" : kKindsInTurn[i / 2],
          WriterTraits{.dialect = is_gen2 ? WriterDialect::kGen2 : WriterDialect::kGen1},
          std::vector{proxy_.port()}, members_, static_cast<std::uint32_t>(i)));
    }
    members_.BeatAt({proxy_.port()}, 1);
  }

  [[nodiscard]] std::size_t Acknowledged() const {
    std::size_t sum = 0;
    for (const auto& writer : writers_) sum += writer->acknowledged();
    return sum;
  }
  [[nodiscard]] bool MoreAreAcknowledged(std::size_t count) const {
    const std::size_t enough = Acknowledged() + count;
    return Eventually([&] { return Acknowledged() >= enough; });
  }
  [[nodiscard]] bool MoreAreHeard(std::size_t count) const {
    const std::size_t enough = members_.heard() + count;
    return Eventually([&] { return members_.heard() >= enough; });
  }

  FailingCluster cluster_{
      3,
      PostgresServer::Standby::kSynchronous,
      {{"log.level", "info"}, {"server.trusted_proxies", std::vector{"127.0.0.1"}}},
      OlderServer()};
  FrontProxy proxy_{cluster_.ports()};
  BeatingMembers members_;
  std::vector<std::unique_ptr<RoamingWriter>> writers_;
  std::vector<std::jthread> threads_;  // last: they use all other members
};

TEST_F(RollingUpgrade, FailsNoRequestAndLosesNothing) {
  for (const auto& writer : writers_) {
    threads_.emplace_back([&writer](const std::stop_token& stop) { writer->Write(stop); });
  }
  for (std::size_t i = 0; i < cluster_.size(); ++i) {
    ServerProcess& node = cluster_.node(i);
    EXPECT_TRUE(MoreAreAcknowledged(100));
    EXPECT_EQ(node.Terminate(), 0);
    EXPECT_TRUE(MoreAreAcknowledged(100)) << "without node " << i;
    EXPECT_TRUE(MoreAreHeard(50)) << "without node " << i;
    const std::size_t before = node.Log().size();
    node.UseProgram(ServerBinary());
    node.Start();
    EXPECT_TRUE(Eventually([&] {
      return node.Log().find(R"("event":"room_created")", before) != std::string::npos;
    })) << "node "
        << i << " gets no request again";
  }
  threads_.clear();
  for (const auto& writer : writers_) {
    EXPECT_THAT(writer->refusals(), IsEmpty());
    EXPECT_EQ(writer->unknown(), 0U);
    EXPECT_THAT(writer->TakeStock(RoomsIn(cluster_.primary()), {}), IsEmpty());
  }
  EXPECT_THAT(members_.Denied(), IsEmpty());
  EXPECT_EQ(members_.unheard(), 0U);
  EXPECT_THAT(HistoryFaults(cluster_.primary()), IsEmpty());
}

}  // namespace
}  // namespace rtcroom
