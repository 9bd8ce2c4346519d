#include "daemon/core/seated_users.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/rooms.h"
#include "tests/support/temp_store.h"

namespace rtcroom {
namespace {

class SeatedUsersTest : public testing::Test {
 protected:
  SeatedUsersTest() {
    (void)store_.rooms().Update(Creating(MakeRoom(RoomKind::kMulti, "gen1")));
    (void)store_.rooms().Update(
        Creating(MakeRoom(RoomKind::kMulti, "gen2", "creator", Dialect::kGen2)));
  }
  [[nodiscard]] bool HasSeat(const std::string& user, RoomReach reach = RoomReach::kAll) const {
    return seated_.HasSeat({user}, reach);
  }

  const RoomKey gen1_ = MakeKey(RoomKind::kMulti, "gen1");
  const RoomKey gen2_ = MakeKey(RoomKind::kMulti, "gen2");
  SeatedUsers seated_;
  TempStore store_{StoreLimits(), "00000000000000aa", seated_};
};

TEST_F(SeatedUsersTest, HaveASeatFromTheirFirstToTheirLast) {
  EXPECT_FALSE(HasSeat("bob"));
  (void)store_.rooms().Update(Adding(gen1_, "bob"));
  (void)store_.rooms().Update(Adding(gen2_, "bob"));
  (void)store_.rooms().Update(Adding(gen2_, "bob"));  // with another stream
  (void)store_.rooms().Update(Deleting(gen2_, "bob"));
  EXPECT_TRUE(HasSeat("bob"));
  (void)store_.rooms().Update(Deleting(gen1_, "bob"));
  EXPECT_FALSE(HasSeat("bob"));
  (void)store_.rooms().Update(Destroying(gen1_));
  EXPECT_TRUE(HasSeat("creator"));
  (void)store_.rooms().Update(Destroying(gen2_));
  EXPECT_FALSE(HasSeat("creator")) << "rooms end with their seats";
}

TEST_F(SeatedUsersTest, OfGen2AreUnknownToLoginsWithoutProof) {
  (void)store_.rooms().Update(Adding(gen2_, "bob"));
  EXPECT_FALSE(HasSeat("bob", RoomReach::kGen1));
  EXPECT_TRUE(HasSeat("creator", RoomReach::kGen1));
}

TEST_F(SeatedUsersTest, AreKnownAfterARestart) {
  SeatedUsers restored;
  restored.Restore(*store_.rooms().Load(gen1_));
  EXPECT_TRUE(restored.HasSeat({"creator"}, RoomReach::kGen1));
}

}  // namespace
}  // namespace rtcroom
