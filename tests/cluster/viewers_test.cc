// Who watches, whichever server has the signs of it.
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cluster/node_fixture.h"
#include "tests/e2e/web_socket_client.h"
#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsSupersetOf;
using Names = std::vector<std::string>;

/// A live room "show" at several nodes, one of which removes its silent viewers.
class NodeViewers : public Nodes {
 protected:
  static constexpr const char* kLive = "live_room";

  void Open(std::size_t nodes) {
    Add(nodes, {{"channel.enabled", true},
                {"room.audience_timeout", "15s"},
                {"room.sweep_period", "500ms"}});
    ASSERT_TRUE(Eventually([&] {
      reaper_ = 0;
      while (reaper_ < nodes && !IsReaper(reaper_)) ++reaper_;
      return reaper_ < nodes;
    }));
    ASSERT_EQ(As("host", 0).Call("add_pusher", PusherBody("show", "host")).code(), kOk);
  }
  [[nodiscard]] bool IsReaper(std::size_t at) {
    return MetricOf(node(at), R"(rtcroomd_duty{duty="reaper"})") == 1;
  }
  /// One that is not the reaper.
  [[nodiscard]] std::size_t Another(std::size_t behind = 1) const {
    return (reaper_ + behind) % nodes_.size();
  }

  /// A user, by one login, at that node.
  Gen2Client As(const std::string& user, std::size_t at) {
    std::string& token = tokens_[user];
    if (token.empty()) token = LoggedIn(node(at), user, kLive).token();
    return {node(at).Https(), user, kLive, token};
  }
  void Watch(const std::string& user, std::size_t at) {
    ASSERT_EQ(As(user, at).Call("add_audience", AudienceBody("show", user)).code(), kOk) << user;
  }
  void Beat(const std::string& user, std::size_t at) {
    const ApiReply beat = As(user, at).Call("audience_heartbeat", MemberBody("show", user));
    if (beat.status == 503) return;  // a busy machine: the next one counts
    EXPECT_EQ(beat.code(), kOk) << user;
  }
  /// nullopt while the node cannot say.
  std::optional<Names> ViewersAt(std::size_t at) {
    const ApiReply reply = As("host", at).Call("get_audiences", RoomBody("show"));
    if (reply.code() != kOk) return std::nullopt;
    Names viewers;
    for (const json& viewer : reply.json.at("audiences"))
      viewers.push_back(viewer.value("userID", ""));
    EXPECT_EQ(reply.json.at("audienceCount"), viewers.size()) << "at node " << at;
    return viewers;
  }
  /// Gives signs until these nodes see only these viewers, whom they see throughout.
  void SignUntilOnlyRemain(const Names& viewers, const std::vector<std::size_t>& nodes,
                           const std::function<void()>& sign) {
    EXPECT_TRUE(Eventually(
        [&] {
          sign();
          bool is_over = true;
          for (const std::size_t at : nodes) {
            const std::optional<Names> seen = ViewersAt(at);
            if (seen) EXPECT_THAT(*seen, IsSupersetOf(viewers)) << "at node " << at;
            is_over = is_over && seen && seen->size() == viewers.size();
          }
          return is_over || HasFailure();
        },
        std::chrono::minutes(3), kSeldom));
  }
  /// Whether these nodes come to list the same viewers, and to count as many in the list of rooms.
  [[nodiscard]] bool AllSee(const Names& viewers, const std::vector<std::size_t>& nodes) {
    for (const std::size_t at : nodes) {
      const bool agrees = Eventually([&] {
        Gen2Client host = As("host", at);
        const json rooms = ListedRooms(host);
        return ViewersAt(at) == viewers && rooms.size() == 1 &&
               rooms[0].value("audienceCount", std::size_t{0}) == viewers.size();
      });
      if (!agrees) return false;
    }
    return true;
  }
  /// The joins (+) and leaves (-) of viewers, in order.
  [[nodiscard]] Names History() const {
    PgRows rows = QueryPostgres(url_,
                                "SELECT CASE type WHEN 7 THEN '+' ELSE '-' END || user_id"
                                " FROM events WHERE type IN (7, 8) ORDER BY position");
    Names history;
    while (rows.Next()) history.push_back(rows.Text(0));
    EXPECT_OK(rows.status());
    return history;
  }

  std::size_t reaper_ = 0;
  std::map<std::string, std::string> tokens_;  ///< by user
};

TEST_F(NodeViewers, StayBySignsAtAnotherNodeThanTheOneThatRemovesThem) {
  Open(2);
  const std::size_t there = Another();
  WebSocketClient socket(node(there));
  ASSERT_EQ(
      socket.Ask("connect", {{"userID", "amy"}, {"token", As("amy", there).token()}})["userID"],
      "amy");
  Watch("amy", there);
  ASSERT_TRUE(socket.Ask("subscribe", {{"kind", "live"}, {"roomID", "show"}}).contains("room"));
  Watch("bob", reaper_);
  Watch("cat", there);
  SignUntilOnlyRemain({"amy", "bob"}, {reaper_, there}, [&] {
    EXPECT_FALSE(socket.Ask("ping").contains("closed"));
    Beat("bob", there);
  });
  // Back from the background, at a node that did not remove her.
  ASSERT_EQ(As("cat", there).Call("get_pushers", RoomBody("show")).code(), kOk);
  EXPECT_TRUE(AllSee({"amy", "bob", "cat"}, {reaper_, there}));
  EXPECT_THAT(History(), ElementsAre("+amy", "+bob", "+cat", "-cat", "+cat"));
}

TEST_F(NodeViewers, MoveFromANodeThatDiesAndAreCountedOnce) {
  Open(3);
  const std::vector<std::size_t> alive = {Another(1), Another(2)};
  Watch("amy", reaper_);
  Watch("bob", reaper_);
  Beat("amy", reaper_);
  node(reaper_).Kill9();
  Watch("amy", alive[0]);
  SignUntilOnlyRemain({"amy"}, alive, [&] { Beat("amy", alive[0]); });
  EXPECT_TRUE(AllSee({"amy"}, alive));
  EXPECT_THAT(History(), ElementsAre("+amy", "+bob", "-bob"));
}

}  // namespace
}  // namespace rtcroom
