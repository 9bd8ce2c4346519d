// Groups of writes that meet the writes of others, or that hold one which cannot be written.
#include <atomic>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "daemon/core/store_observer.h"
#include "tests/support/in_parallel.h"
#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class PgStoreConflictTest : public PgStoreTest {
 protected:
  [[nodiscard]] bool IsTurnFree() const {
    return CountRows("SELECT 1 FROM turn FOR UPDATE SKIP LOCKED") == 1;
  }

  std::unique_ptr<PgStore> store_ = OpenPatient();
  std::unique_ptr<PgStore> other_ = OpenPatient();
};

/// What a store is about to do with room r1, and what another does before it is written.
struct Conflict {
  std::string name;
  bool room_exists;
  RoomUpdate update;
  RoomUpdate by_other;
  Errc outcome;  ///< of the update, where it fails then; else kInternal
  std::vector<std::string> users;
};
std::ostream& operator<<(std::ostream& out, const Conflict& conflict) {
  return out << conflict.name;
}

class PgStoreConflictKindTest : public PgStoreConflictTest,
                                public testing::WithParamInterface<Conflict> {};

TEST_P(PgStoreConflictKindTest, IsDecidedAgainWithTheTurnFirst) {
  const Conflict& conflict = GetParam();
  if (conflict.room_exists) {
    ASSERT_OK(Apply(*store_, Creating(MultiRoom("r1"))));
  }
  std::vector<bool> was_free;  // in each run
  const std::vector<RoomUpdate> updates = {
      Creating(MultiRoom("before")),
      Interrupted(conflict.update,
                  [&](int run) {
                    was_free.push_back(IsTurnFree());
                    if (run > 1) return;
                    EXPECT_OK(Apply(*other_, conflict.by_other));
                  }),
      Creating(MultiRoom("after")),
  };
  const auto outcomes = store_->rooms().UpdateAll(updates);
  EXPECT_THAT(was_free, ElementsAre(true, false));
  EXPECT_OK(outcomes[0]);
  EXPECT_OK(outcomes[2]);
  if (conflict.outcome == Errc::kInternal) {
    EXPECT_OK(outcomes[1]);
  } else {
    EXPECT_TRUE(FailsWith(outcomes[1], conflict.outcome));
  }
  const Result<Room> room = other_->rooms().Load(kR1);
  EXPECT_EQ(room ? UsersOf(*room) : std::vector<std::string>(), conflict.users);
  (void)CheckedEvents(*store_);
}

INSTANTIATE_TEST_SUITE_P(
    Of, PgStoreConflictKindTest,
    testing::Values(
        Conflict{"Changes",
                 true,
                 Adding(kR1, "mine"),
                 Adding(kR1, "theirs"),
                 Errc::kInternal,
                 {"creator", "theirs", "mine"}},
        Conflict{"LastSeats",
                 true,
                 Adding(kR1, "mine", 2),
                 Adding(kR1, "theirs", 2),
                 Errc::kRoomFull,
                 {"creator", "theirs"}},
        Conflict{
            "ChangeAndEnd", true, Adding(kR1, "mine"), Destroying(kR1), Errc::kRoomNotFound, {}},
        Conflict{"EndAndChange", true, Destroying(kR1), Adding(kR1, "theirs"), Errc::kInternal, {}},
        Conflict{"Ends", true, Destroying(kR1), Destroying(kR1), Errc::kRoomNotFound, {}},
        Conflict{"Beginnings",
                 false,
                 Creating(MultiRoom("r1", "me")),
                 Creating(MultiRoom("r1", "they")),
                 Errc::kRoomExists,
                 {"they"}}),
    [](const auto& param_info) { return param_info.param.name; });

/// Tells how many writes the largest group had.
class GroupSizes : public StoreObserver {
 public:
  void OnCommitBegun() noexcept override {}
  void OnCommitEnded(const CommitStats& stats) noexcept override {
    if (stats.writes > largest_) largest_ = stats.writes;
  }
  [[nodiscard]] std::size_t largest() const { return largest_; }

 private:
  std::atomic<std::size_t> largest_ = 0;
};

Ban BanIn(const std::string& room) {
  return {.room = MakeKey(RoomKind::kMulti, room), .user_id = {"u"}, .until = kLater};
}

// The jobs of one group are those that wait while another one is written.
TEST_F(PgStoreConflictTest, WhatCannotBeWrittenFailsAlone) {
  const std::string wrong = "\xff";
  ASSERT_OK(Apply(*store_, Creating(MultiRoom("damaged"))));
  Execute("UPDATE rooms SET audience_count = -1 WHERE id = 'damaged'");
  EXPECT_ERROR(kStoreBroken, Apply(*store_, Adding(MakeKey(RoomKind::kMulti, "damaged"), "u")));
  EXPECT_TRUE(IsTurnFree());
  GroupSizes sizes;
  PgOptions options = Patient(url_);
  options.observer = &sizes;
  const auto store = Open(options);
  const std::vector<std::function<Errc(int)>> calls = {
      [&](int round) {
        const auto made = Apply(*store, Creating(MultiRoom(fmt::format("a{}", round))));
        return made ? Errc::kInternal : made.error().code;
      },
      [&](int) { return Apply(*store, Creating(MultiRoom(wrong))).error().code; },
      [&](int) {
        return Apply(*store, Adding(MakeKey(RoomKind::kMulti, "damaged"), "u")).error().code;
      },
      [&](int) { return store->bans().PutBan(BanIn(wrong)).error().code; },
      [&](int round) {
        const Status banned = store->bans().PutBan(BanIn(fmt::format("b{}", round)));
        return banned ? Errc::kInternal : banned.error().code;
      },
      [&](int round) {
        const auto made = Apply(*store, Creating(MultiRoom(fmt::format("c{}", round))));
        return made ? Errc::kInternal : made.error().code;
      },
  };
  const std::size_t count = calls.size();
  int rounds = 0;
  EXPECT_TRUE(Eventually([&] {
    const int round = ++rounds;
    std::vector<Errc> outcomes(count);
    std::atomic<int> about_to_call = 0;
    InParallel(static_cast<int>(count) + 1, [&](int caller) {
      if (caller > 0) {
        ++about_to_call;
        outcomes[static_cast<std::size_t>(caller - 1)] =
            calls[static_cast<std::size_t>(caller - 1)](round);
        return;
      }
      const RoomUpdate first = Creating(MultiRoom(fmt::format("first{}", round)));
      EXPECT_OK(Apply(*store, Interrupted(first, [&](int) {
        EXPECT_TRUE(Eventually([&] { return about_to_call == int(count); }));
        (void)IsTurnFree();  // takes long enough for most calls to wait
      })));
    });
    EXPECT_THAT(outcomes, ElementsAre(Errc::kInternal, Errc::kStoreBroken, Errc::kStoreBroken,
                                      Errc::kStoreBroken, Errc::kInternal, Errc::kInternal));
    return HasFailure() || sizes.largest() >= count;
  }));
  for (int round = 1; round <= rounds; ++round) {
    const std::vector<std::string> made = {fmt::format("a{}", round), fmt::format("c{}", round),
                                           fmt::format("first{}", round)};
    EXPECT_EQ(StoredOf(*other_, made), made);
  }
  const auto bans = other_->bans().LoadBans(kNoon);
  ASSERT_OK(bans);
  EXPECT_EQ(bans->size(), static_cast<std::size_t>(rounds));
  EXPECT_TRUE(IsTurnFree());
}

// The others do that to a node which they think is gone. What it heard meanwhile, they do not know.
TEST_F(PgStoreConflictTest, AStoreWhoseNodeWasGivenUpWritesNothingUntilTheNodeEntersAgain) {
  Execute("CREATE TABLE given_up AS TABLE nodes");
  Execute("DELETE FROM nodes");
  EXPECT_ERROR(kStoreBusy, Apply(*store_, Creating(MultiRoom("r1"))));
  EXPECT_ERROR(kStoreBusy, Apply(*store_, Creating(MultiRoom("r1"))));
  EXPECT_EQ(CountRows("SELECT 1 FROM nodes"), 0u);
  Execute(
      "INSERT INTO nodes (node, link, version)"
      " SELECT node, 0, version FROM given_up");
  EXPECT_OK(Apply(*store_, Creating(MultiRoom("r1"))));
  EXPECT_OK(other_->bans().PutBan(BanIn("r1")));
}

TEST_F(PgStoreConflictTest, AStoreThatClosesLeavesTheNodesUnlessItHasToldHeartbeats) {
  Execute("INSERT INTO told SELECT min(node), 0 FROM nodes");
  store_.reset();
  other_.reset();
  EXPECT_EQ(CountRows("SELECT 1 FROM nodes JOIN told USING (node)"), 1u);
  EXPECT_EQ(CountRows("SELECT 1 FROM nodes"), 1u);
}

TEST_F(PgStoreConflictTest, WhileSomebodyHoldsTheTurnNothingIsWritten) {
  ASSERT_OK(Apply(*store_, Creating(MultiRoom("r1"))));
  PgOptions options = Patient(url_);
  options.url = WithSettings(url_, "-clock_timeout=200ms");
  const auto waiting = Open(options);
  const auto holder = MakeHolding(kHoldTurn);
  InParallel(4, [&](int caller) {
    EXPECT_ERROR(kStoreBusy, Apply(*waiting, Adding(kR1, fmt::format("u{}", caller))));
    EXPECT_ERROR(kStoreBusy, Apply(*waiting, Creating(MultiRoom("r2"))));
    EXPECT_ERROR(kStoreBusy, waiting->bans().PutBan(BanIn("r1")));
  });
  EXPECT_OK(waiting->rooms().Load(kR1));
  ASSERT_OK(holder->Run(PgCall(kPgRollback), Soon()));
  EXPECT_THAT(UsersOf(*waiting->rooms().Load(kR1)), ElementsAre("creator"));
  EXPECT_THAT(*waiting->bans().LoadBans(kNoon), IsEmpty());
  EXPECT_EQ(CheckedEvents(*store_).size(), 2u);
  EXPECT_OK(Apply(*store_, Adding(kR1, "u")));
  EXPECT_OK(Apply(*waiting, Creating(MultiRoom("r2"))));
}

}  // namespace
}  // namespace rtcroom
