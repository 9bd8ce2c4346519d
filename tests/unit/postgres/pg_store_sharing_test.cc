// Two stores that share one schema: their concurrent changes are as those of one.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "daemon/base/mutex.h"
#include "tests/support/in_parallel.h"
#include "tests/support/live_rooms.h"
#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {
namespace {

class PgStoreSharingTest : public PgStoreTest {
 protected:
  static constexpr int kCallers = 8;

  /// Half of the callers use each store.
  PgStore& StoreOf(int caller) { return caller % 2 == 0 ? *first_ : *second_; }

  RecordingListener first_heard_;
  RecordingListener second_heard_;
  std::unique_ptr<PgStore> first_ = Open(Patient(url_), first_heard_);
  std::unique_ptr<PgStore> second_ = Open(Patient(url_), second_heard_);
};

TEST_F(PgStoreSharingTest, LoginsToTheMessageChannelAndLogoutsAreHeardEverywhere) {
  const std::vector<AccountLogin> logins = {
      {.account = {"alice"},
       .instance = std::numeric_limits<std::uint64_t>::max(),
       .logged_in = kNoon,
       .expires = kNoon + std::chrono::hours(1)},
      {.account = {"bob"}, .instance = 2, .logged_in = kNoon, .expires = kNoon, .has_ended = true}};
  ASSERT_OK(first_->account_logins()->ReportLogins(logins));
  EXPECT_EQ(first_heard_.account_logins(), logins) << "before it returns";
  EXPECT_TRUE(Eventually([&] { return second_heard_.account_logins() == logins; }));
}

class HeardNotices : public NoticeListener {
 public:
  void OnNotices(std::span<const PushNotice> notices) noexcept override {
    const MutexLock lock(mutex_);
    heard_.insert(heard_.end(), notices.begin(), notices.end());
  }
  std::vector<PushNotice> heard() {
    const MutexLock lock(mutex_);
    return heard_;
  }

 private:
  Mutex mutex_;
  std::vector<PushNotice> heard_ GUARDED_BY(mutex_);
};

TEST_F(PgStoreSharingTest, NoticesAreHeardEverywhere) {
  HeardNotices here;
  HeardNotices elsewhere;
  first_->notices()->HearNotices(&here);
  second_->notices()->HearNotices(&elsewhere);
  const std::vector<PushNotice> notices = {
      {.room_number = 7, .fact = MemberNotice{.group = {"r1"}, .nick = "\xFF é", .members = 2}},
      {.user_id = {"alice"}, .fact = GroupsNotice{}}};
  ASSERT_OK(first_->notices()->ReportNotices(notices));
  EXPECT_EQ(here.heard(), notices) << "before it returns";
  EXPECT_TRUE(Eventually([&] { return elsewhere.heard() == notices; }));
  first_->notices()->HearNotices(nullptr);
  second_->notices()->HearNotices(nullptr);
}

TEST_F(PgStoreSharingTest, ReportsEndsOfLoginsToAllStores) {
  const std::vector<EndedLogin> ends = {
      {.account = {"alice"},
       .instance = std::numeric_limits<std::uint64_t>::max(),
       .logged_in = kNoon,
       .expires = kNoon + std::chrono::hours(1)},
      {.account = {"bob"}, .logged_in = kNoon, .expires = kNoon, .end = LoginEnd::kKicked}};
  const AccountValidity validity{.account = {"carol"},
                                 .valid_from = std::chrono::floor<std::chrono::seconds>(kNoon)};
  ASSERT_OK(first_->ended_logins().PutEndedLogins(ends));
  ASSERT_OK(first_->ended_logins().PutAccountValidity(validity));
  EXPECT_EQ(first_heard_.ended_logins(), ends) << "before it returns";
  EXPECT_TRUE(Eventually([&] {
    return second_heard_.ended_logins() == ends &&
           second_heard_.account_validities() == std::vector{validity};
  }));
}

TEST_F(PgStoreSharingTest, KnowsHowOldItsKnowledgeOfTheLogIs) {
  constexpr std::chrono::milliseconds kOld{500};
  constexpr PgStatement kHideEvents{.sql = "LOCK TABLE events IN ACCESS EXCLUSIVE MODE"};
  EXPECT_TRUE(Eventually([&] { return first_->follower()->LogAge() < kOld; }));
  const auto holder = MakeHolding(kHideEvents);
  EXPECT_TRUE(Eventually([&] { return first_->follower()->LogAge() >= kOld; }));
  ASSERT_OK(holder->Run(PgCall(kPgRollback), Soon()));
  EXPECT_TRUE(Eventually([&] { return first_->follower()->LogAge() < kOld; }));
}

TEST_F(PgStoreSharingTest, TheAddressThatAPusherIsBoundToIsKnownEverywhere) {
  const auto bound_to = [](const std::string& address) {
    RoomUpdate joining = Adding(MakeKey(RoomKind::kMulti, "r1"), "amy");
    joining.edit = [address](const Room* stored) {
      Pusher amy = MakePusher("amy");
      amy.bound_to = address;
      return rules::AddPusher(stored, Dialect::kGen1, amy, "", RoomPolicy(), kNoon);
    };
    return joining;
  };
  ASSERT_OK(Apply(*first_, Creating(MultiRoom("r1"))));
  for (const std::string address : {"192.0.2.1", "2001:db8::/64", ""}) {
    ASSERT_OK(Apply(*first_, bound_to(address)));
    const Result<Room> stored = second_->rooms().Load(MakeKey(RoomKind::kMulti, "r1"));
    ASSERT_OK(stored);
    ASSERT_NE(FindPusher(*stored, {"amy"}), nullptr);
    EXPECT_EQ(FindPusher(*stored, {"amy"})->bound_to, address);
    const Result<RoomPage> remembered = second_->rooms().ScanMembers(0, 1);
    ASSERT_OK(remembered);
    ASSERT_EQ(remembered->rooms.size(), 1u);
    EXPECT_EQ(FindPusher(remembered->rooms.front(), {"amy"})->bound_to, address);
    ASSERT_OK(second_->follower()->CatchUp(clock_.Monotonic() + std::chrono::minutes(1)));
    const EventPayload heard = second_heard_.events().back().event.payload;
    const auto* const added = std::get_if<PusherAdded>(&heard);
    const auto* const updated = std::get_if<PusherUpdated>(&heard);
    ASSERT_TRUE(added != nullptr || updated != nullptr);
    EXPECT_EQ(added != nullptr ? added->bound_to : updated->bound_to, address);
  }
}

TEST_F(PgStoreSharingTest, OfConcurrentCreatesOfOneIdOneSucceeds) {
  constexpr int kRounds = 200;
  for (int round = 0; round < kRounds; ++round) {
    std::array<std::string, kCallers> seen;  // the creator of the room that the edit was given
    std::atomic<int> created = 0;
    std::atomic<int> winner = -1;
    InParallel(kCallers, [&](int caller) {
      RoomUpdate creating =
          Creating(MultiRoom(fmt::format("r{}", round), fmt::format("u{}", caller)));
      creating.edit = [&seen, caller, edit = creating.edit](const Room* stored) {
        seen[static_cast<std::size_t>(caller)] = stored != nullptr ? stored->creator.value : "";
        return edit(stored);
      };
      const auto outcome = Apply(StoreOf(caller), creating);
      if (outcome) {
        ++created;
        winner = caller;
      } else {
        EXPECT_ERROR(kRoomExists, outcome);
      }
    });
    ASSERT_EQ(created, 1) << "round " << round;
    for (int caller = 0; caller < kCallers; ++caller) {
      EXPECT_EQ(seen[static_cast<std::size_t>(caller)],
                caller == winner ? "" : fmt::format("u{}", winner.load()));
    }
  }
  EXPECT_EQ(CheckedEvents(*second_).size(), std::size_t{kRounds} * 2);
}

/// Number of the room and of the event within it.
using EventName = std::pair<std::uint64_t, std::uint64_t>;

/// The members of the rooms that remain, by the history; checks that no room was ever too full.
std::map<std::string, std::set<std::string>> Replay(const std::vector<StoredEvent>& events,
                                                    std::size_t seats) {
  std::map<std::string, std::set<std::string>> rooms;
  for (const StoredEvent& stored : events) {
    const std::string& id = stored.event.room.id.value;
    const EventPayload& payload = stored.event.payload;
    if (std::holds_alternative<RoomCreated>(payload)) {
      EXPECT_TRUE(rooms.try_emplace(id).second) << stored.position;
    } else if (const auto* added = std::get_if<PusherAdded>(&payload)) {
      EXPECT_TRUE(rooms.at(id).insert(added->user_id.value).second) << stored.position;
      EXPECT_LE(rooms.at(id).size(), seats) << stored.position;
    } else if (const auto* deleted = std::get_if<PusherDeleted>(&payload)) {
      EXPECT_EQ(rooms.at(id).erase(deleted->user_id.value), 1u) << stored.position;
    } else if (std::holds_alternative<RoomDestroyed>(payload)) {
      EXPECT_EQ(rooms.erase(id), 1u) << stored.position;
    }
  }
  return rooms;
}

// Rooms begin, fill, empty and end, and their ids are used again.
TEST_F(PgStoreSharingTest, AcknowledgedChangesAreTheHistory) {
  constexpr int kChanges = 250;  // of each caller
  constexpr int kIds = 3;
  constexpr std::size_t kSeats = 3;
  Mutex mutex;
  std::vector<EventName> acknowledged;
  InParallel(kCallers, [&](int caller) {
    std::minstd_rand random(static_cast<unsigned>(caller) + 1);
    const std::string user = fmt::format("u{}", caller);
    for (int i = 0; i < kChanges; ++i) {
      const std::string id = fmt::format("r{}", random() % kIds);
      const RoomKey key = MakeKey(RoomKind::kMulti, id);
      const auto kind = random() % 5;
      const RoomUpdate update = kind == 0   ? Creating(MultiRoom(id, user))
                                : kind == 1 ? Destroying(key, user)
                                : kind == 2 ? Deleting(key, user)
                                            : Adding(key, user, kSeats);
      const auto outcome = Apply(StoreOf(caller), update);
      if (!outcome) {
        EXPECT_NE(outcome.error().code, Errc::kStoreBusy) << outcome.error();
        EXPECT_NE(outcome.error().code, Errc::kStoreBroken) << outcome.error();
        EXPECT_NE(outcome.error().code, Errc::kTooManyRooms) << outcome.error();
        continue;
      }
      const MutexLock lock(mutex);
      for (const RoomEvent& event : outcome->events) {
        acknowledged.emplace_back(outcome->room.sequence, event.room_sequence);
      }
    }
  });
  const std::vector<StoredEvent> history = CheckedEvents(*first_);
  std::vector<EventName> written;
  for (const StoredEvent& event : history) {
    written.emplace_back(event.room_number, event.event.room_sequence);
  }
  std::ranges::sort(written);
  std::ranges::sort(acknowledged);
  EXPECT_TRUE(written == acknowledged);
  EXPECT_OK(first_->follower()->CatchUp(Soon()));
  EXPECT_OK(second_->follower()->CatchUp(Soon()));
  EXPECT_TRUE(first_heard_.events() == history);
  EXPECT_TRUE(second_heard_.events() == history);

  const auto rooms = Replay(history, kSeats);
  for (int i = 0; i < kIds; ++i) {
    const std::string id = fmt::format("r{}", i);
    const Result<Room> stored = second_->rooms().Load(MakeKey(RoomKind::kMulti, id));
    const auto replayed = rooms.find(id);
    ASSERT_EQ(stored.ok(), replayed != rooms.end());
    if (!stored) continue;
    const std::vector<std::string> users = UsersOf(*stored);
    EXPECT_EQ(std::set<std::string>(users.begin(), users.end()), replayed->second);
  }
}

/// Positions of the last events that it was told of, call by call.
class LastOfReports : public CommitListener {
 public:
  void OnCommit(const Committed& committed) noexcept override {
    const MutexLock lock(mutex_);
    if (!committed.events.empty()) last_.push_back(committed.events.back().position);
  }
  [[nodiscard]] std::vector<std::uint64_t> last() const {
    const MutexLock lock(mutex_);
    return last_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::uint64_t> last_ GUARDED_BY(mutex_);
};

// However many records a commit has, and wherever in it a page of the log would end.
TEST_F(PgStoreSharingTest, ACommitIsHeardWhole) {
  constexpr int kCommits = 3;
  constexpr std::size_t kRooms = 700;
  constexpr std::size_t kEvents = 2 * kRooms;  // of a commit
  LastOfReports reports;
  const auto hearing = Open(Patient(url_), reports);
  for (int commit = 0; commit < kCommits; ++commit) {
    std::vector<RoomUpdate> creating;
    for (std::size_t i = 0; i < kRooms; ++i) {
      creating.push_back(Creating(MultiRoom(fmt::format("r{}-{}", commit, i))));
    }
    for (const auto& created : first_->rooms().UpdateAll(creating)) ASSERT_OK(created);
  }
  ASSERT_OK(hearing->follower()->CatchUp(Soon()));
  const std::vector<std::uint64_t> last = reports.last();
  ASSERT_FALSE(last.empty());
  EXPECT_EQ(last.back(), kCommits * kEvents);
  for (const std::uint64_t position : last) EXPECT_EQ(position % kEvents, 0u) << position;
}

TEST_F(PgStoreSharingTest, WhatIsWrittenWhileAStoreRestoresIsHeardOnce) {
  ASSERT_OK(Apply(*first_, Creating(MultiRoom("before"))));
  RecordingListener heard;
  const auto restoring = OpenOnly(Patient(url_), heard);
  ASSERT_OK(Apply(*first_, Creating(MultiRoom("meanwhile"))));
  ASSERT_OK(Apply(*first_, Adding(MakeKey(RoomKind::kMulti, "before"), "bob")));
  const auto page = restoring->rooms().Scan(0, 10);
  ASSERT_OK(page);
  EXPECT_THAT(IdsOf(page->rooms), testing::ElementsAre("before"));
  EXPECT_THAT(UsersOf(page->rooms.front()), testing::ElementsAre("creator"));
  EXPECT_EQ(page->at.position, 2u);
  restoring->Begin();
  ASSERT_OK(restoring->follower()->CatchUp(Soon()));
  EXPECT_EQ(restoring->rooms().Scan(0, 10)->rooms.size(), 2u);
  const std::vector<StoredEvent> history = CheckedEvents(*first_);
  EXPECT_EQ(heard.events(), std::vector<StoredEvent>(history.begin() + 2, history.end()));
}

// They are read by two statements. Coming and going are an event each, after that of the room and
// its creator.
TEST_F(PgStoreSharingTest, AScanSeesRoomsAndPushersOfOneMoment) {
  constexpr int kScans = 300;
  const RoomKey room = MakeKey(RoomKind::kMulti, "r1");
  const auto created = Apply(*first_, Creating(MultiRoom("r1")));
  ASSERT_OK(created);
  const std::uint64_t without_bob = created->room.last_event;
  std::jthread changing([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      EXPECT_OK(Apply(*first_, Adding(room, "bob")));
      EXPECT_OK(Apply(*first_, Deleting(room, "bob")));
    }
  });
  for (int scan = 0; scan < kScans; ++scan) {
    const auto page = second_->rooms().Scan(0, 10);
    ASSERT_OK(page);
    ASSERT_EQ(page->rooms.size(), 1u);
    const Room& seen = page->rooms.front();
    const bool has_bob = (seen.last_event - without_bob) % 2 == 1;
    ASSERT_EQ(UsersOf(seen).size(), has_bob ? 2u : 1u) << seen.last_event;
  }
}

// Its own numbers of rooms are not right then, and still no reason to refuse one.
TEST_F(PgStoreSharingTest, AStoreEndsRoomsThatTheOtherMade) {
  const Room active = MakeWebrtcRoom("active", "lesson");
  const Room waiting = MakeWaitingRoom(RoomKind::kWebrtc, "waiting");
  ASSERT_OK(Apply(*first_, Creating(active)));
  ASSERT_OK(Apply(*first_, Preparing(waiting)));
  ASSERT_OK(Apply(*second_, Destroying(active.key)));
  ASSERT_OK(Apply(*second_, Destroying(waiting.key)));
  ASSERT_OK(Apply(*second_, Creating(MultiRoom("r1"))));
  EXPECT_EQ(second_->rooms().CountRooms(RoomKind::kWebrtc), 0u);
}

}  // namespace
}  // namespace rtcroom
