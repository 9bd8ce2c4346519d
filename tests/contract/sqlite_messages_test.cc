// Messages in the SQLite store: restarts, failures of the disk, shared commits.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <latch>
#include <limits>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/mutex.h"
#include "storage/sqlite/store_check.h"
#include "tests/contract/failing_vfs.h"
#include "tests/contract/mail.h"
#include "tests/contract/sqlite_fixture.h"
#include "tests/support/in_parallel.h"

namespace rtcroom {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

class SqliteMessages : public SqliteFixture {
 protected:
  void SetUp() override { OpenStore(); }

  /// Checks that no row remains which only messages need.
  void ExpectNoRows() {
    store_.reset();
    // A failing CHECK constraint reports an error from plain SQL.
    RunSql(Path(),
           "CREATE TEMP TABLE counted (count INTEGER CHECK (count = 0));"
           "INSERT INTO counted SELECT count(*) FROM messages;"
           "INSERT INTO counted SELECT count(*) FROM message_rooms;"
           "INSERT INTO counted SELECT count(*) FROM settled_messages");
  }
  void ExpectNoFindings() {
    const auto report = CheckStore({.path = Path()});
    ASSERT_OK(report);
    EXPECT_TRUE(report->findings.empty()) << report->findings.kept().front().what;
  }
};

TEST_F(SqliteMessages, AreKeptOverARestart) {
  Mail before(*store_);
  const std::uint64_t room = before.CreateRoom();
  before.AppendTo(room, "1");
  const StoredMessage direct = before.Send("amy", "bob", "2");
  before.AppendTo(room, "3");
  before.Settle("bob", direct.position);
  before.Send("amy", "bob", "4");
  const std::vector<StoredMessage> all = before.All();
  OpenStore();
  Mail after(*store_);
  EXPECT_EQ(after.All(), all);
  EXPECT_THAT(after.Pending("bob"), ElementsAre("4"));
  EXPECT_THAT(after.Between("bob", "amy"), ElementsAre("4", "2"));
  EXPECT_EQ(after.NewestIn(room), 2u);
  EXPECT_EQ(after.AppendTo(room, "5").seq, 3u);
  EXPECT_GT(after.Newest(), all.back().position);
}

TEST_F(SqliteMessages, GiveNoNumberTwiceAfterTrimmingAllAndARestart) {
  Mail before(*store_);
  const std::uint64_t room = before.CreateRoom();
  before.AppendTo(room, "1");
  const StoredMessage last = before.Send("amy", "bob", "2");
  EXPECT_EQ(before.Trim({.keep_since = kNoon + seconds(1)}), 2u);
  OpenStore();
  Mail after(*store_);
  EXPECT_EQ(after.Newest(), last.position);
  EXPECT_EQ(after.NewestIn(room), 1u);
  const StoredMessage next = after.AppendTo(room, "3");
  EXPECT_EQ(next.seq, 2u);
  EXPECT_GT(next.position, last.position);
}

TEST_F(SqliteMessages, OfAnEndedRoomCanBeTrimmedAfterARestart) {
  Mail before(*store_);
  const std::uint64_t room = before.CreateRoom();
  before.AppendTo(room, "1");
  before.DestroyRoom("r1", kNoon + seconds(5));
  OpenStore();
  Mail after(*store_);
  EXPECT_EQ(after.Trim({.keep_ended_since = kNoon + seconds(5)}), 0u);
  EXPECT_THAT(BodiesOf(after.All()), ElementsAre("1"));
  EXPECT_EQ(after.Trim({.keep_ended_since = kNoon + seconds(6)}), 1u);
  ExpectNoRows();
}

TEST_F(SqliteMessages, KeepFewerAfterTheLimitWasLowered) {
  Mail before(*store_);
  const std::uint64_t room = before.CreateRoom();
  for (int i = 1; i <= 6; ++i) before.AppendTo(room, std::to_string(i));
  SqliteOptions options = Options();
  options.limits.max_room_messages = 2;
  OpenStore(options);
  Mail after(*store_);
  after.AppendTo(room, "7");
  EXPECT_THAT(SeqsOf(after.InRoom(room)), ElementsAre(6, 7));
}

TEST_F(SqliteMessages, LeaveNoRowsBehind) {
  Mail mail(*store_);
  const std::uint64_t ended = mail.CreateRoom("r1");
  const std::uint64_t emptied = mail.CreateRoom("r2");
  for (const char* const body : {"1", "2", "3"}) mail.AppendTo(ended, body, kNoon + seconds(5));
  mail.DestroyRoom("r1", kNoon + seconds(9));
  EXPECT_EQ(mail.Trim({.keep_ended_since = kNoon + seconds(10), .most_per_call = 3}), 3u);
  mail.AppendTo(emptied, "4");
  mail.Settle("bob", mail.Send("amy", "bob", "5").position);
  mail.Settle("amy", mail.Newest());  // who has received none
  EXPECT_EQ(mail.Trim({.keep_since = kNoon + seconds(1)}), 2u);
  mail.DestroyRoom("r2");
  ExpectNoFindings();
  ExpectNoRows();
}

TEST_F(SqliteMessages, LeaveNoRowsBehindWhenAnEndedRoomGrowsOld) {
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  for (const char* const body : {"1", "2"}) mail.AppendTo(room, body);
  mail.DestroyRoom();
  EXPECT_EQ(mail.Trim({.keep_since = kNoon + seconds(1), .most_per_call = 1}), 1u);
  ExpectNoFindings();
  EXPECT_EQ(mail.Trim({.keep_since = kNoon + seconds(1), .most_per_call = 1}), 1u);
  ExpectNoRows();
}

TEST_F(SqliteMessages, AFailedAppendUsesNoNumber) {
  Refuse("INSERT ON messages WHEN NEW.body = 'bad'", "ABORT");
  OpenStore();
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  const StoredMessage first = mail.AppendTo(room, "1");
  EXPECT_ERROR(kStoreBroken, store_->messages().AppendMessage(
                                 {.room_number = room, .content = MakeMessage("amy", "bad")}));
  EXPECT_ERROR(kStoreBroken, store_->messages().AppendMessage(
                                 {.receiver = {"bob"}, .content = MakeMessage("amy", "bad")}));
  EXPECT_EQ(mail.NewestIn(room), 1u);
  EXPECT_EQ(mail.Newest(), first.position);
  EXPECT_EQ(listener_.message_reports(), 1);
  const StoredMessage second = mail.AppendTo(room, "2");
  EXPECT_EQ(second.seq, 2u);
  EXPECT_EQ(second.position, first.position + 1);
}

TEST_F(SqliteMessages, DoNotEndWithARoomThatCouldNotEnd) {
  Refuse("INSERT ON events WHEN NEW.type = 5", "ABORT");
  OpenStore();
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  mail.AppendTo(room, "1");
  EXPECT_ERROR(kStoreBroken, Apply(*store_, Destroying(MakeKey(RoomKind::kMulti, "r1"))));
  ExpectNoFindings();
  EXPECT_EQ(mail.Trim({.keep_ended_since = kNoon + seconds(1)}), 0u);
  EXPECT_EQ(mail.AppendTo(room, "2").seq, 2u);
}

class SqliteMessagesOnDisk : public SqliteMessages {
 protected:
  void SetUp() override {
    SqliteOptions options = Options();
    options.vfs = vfs_.name();
    options.observer = &commits_;
    OpenStore(options);
    Mail mail(*store_);
    room_ = mail.CreateRoom();
    mail.AppendTo(room_, "1");
    mail.Send("amy", "bob", "2");
  }
  void TearDown() override { store_.reset(); }  // before the VFS methods are destroyed

  void ExpectThatWritesFailAndNothingElse() {
    const std::uint64_t newest = *store_->messages().NewestMessage();
    const int reports = listener_.message_reports();
    EXPECT_ERROR(kStoreBroken, store_->messages().AppendMessage(
                                   {.room_number = room_, .content = MakeMessage("amy", "lost")}));
    EXPECT_ERROR(kStoreBroken, store_->messages().AppendMessage(
                                   {.receiver = {"bob"}, .content = MakeMessage("amy", "lost")}));
    EXPECT_ERROR(kStoreBroken, SettleMessages(store_->messages(), "bob", newest));
    EXPECT_OK(SettleMessages(store_->messages(), "zoe", newest)) << "nothing to write";
    EXPECT_ERROR(kStoreBroken, store_->messages().TrimMessages({.keep_since = kNoon + seconds(1)}));
    EXPECT_ERROR(kStoreBroken, Apply(*store_, Destroying(MakeKey(RoomKind::kMulti, "r1"))));

    Mail mail(*store_);
    EXPECT_THAT(BodiesOf(mail.All()), ElementsAre("1", "2"));
    EXPECT_EQ(mail.Newest(), newest);
    EXPECT_EQ(mail.NewestIn(room_), 1u);
    EXPECT_THAT(mail.Pending("bob"), ElementsAre("2"));
    EXPECT_EQ(listener_.message_reports(), reports);
  }
  void ExpectThatWritesWorkAgain() {
    Mail mail(*store_);
    const std::uint64_t newest = mail.Newest();
    const StoredMessage next = mail.AppendTo(room_, "3");
    EXPECT_EQ(next.seq, 2u);
    EXPECT_EQ(next.position, newest + 1);
    EXPECT_THAT(BodiesOf(mail.All()), ElementsAre("1", "2", "3"));
    mail.Settle("bob", newest);
    EXPECT_THAT(mail.Pending("bob"), IsEmpty());
  }

  /// The sizes of all commits.
  class CommitSizes : public StoreObserver {
   public:
    void OnCommitBegun() noexcept override {}
    void OnCommitEnded(const CommitStats& stats) noexcept override {
      const MutexLock lock(mutex_);
      sizes_.push_back(stats.writes);
    }

    std::vector<std::size_t> Take() {
      const MutexLock lock(mutex_);
      return std::exchange(sizes_, {});
    }

   private:
    Mutex mutex_;
    std::vector<std::size_t> sizes_ GUARDED_BY(mutex_);
  };

  FailingVfs vfs_{"messages"};
  CommitSizes commits_;
  std::uint64_t room_ = 0;
};

TEST_F(SqliteMessagesOnDisk, AreRefusedOnAFullDiskUntilSpaceIsFree) {
  vfs_.write_failure = SQLITE_FULL;
  ExpectThatWritesFailAndNothingElse();
  vfs_.write_failure = SQLITE_OK;
  ExpectThatWritesWorkAgain();
}

TEST_F(SqliteMessagesOnDisk, AreRefusedWhileSyncFails) {
  vfs_.sync_failure = SQLITE_IOERR_FSYNC;
  ExpectThatWritesFailAndNothingElse();
  vfs_.sync_failure = SQLITE_OK;
  ExpectThatWritesWorkAgain();
}

TEST_F(SqliteMessagesOnDisk, AreAppendedWholeOrNotAtAllWhenTheDiskFillsUp) {
  const std::string body(16 << 10, 'b');
  int failed = 0;
  for (int space = 0;; ++space) {
    vfs_.writes_left = space;
    const auto appended = store_->messages().AppendMessage(
        {.room_number = room_, .content = MakeMessage("amy", body)});
    vfs_.writes_left = std::numeric_limits<int>::max();
    if (appended) {
      EXPECT_EQ(appended->seq, 2u);
      break;
    }
    ++failed;
    EXPECT_ERROR(kStoreBroken, appended);
    EXPECT_EQ(*store_->messages().NewestRoomMessage(room_), 1u);
  }
  EXPECT_GT(failed, 4) << "as many pages as a long body has";
  EXPECT_THAT(SeqsOf(*store_->messages().ReadRoomMessages(room_, 1, 10)), ElementsAre(1, 2));
}

TEST_F(SqliteMessagesOnDisk, AreNotReadFromAFailingDisk) {
  Mail(*store_).AppendTo(room_, "3");  // so that no connection caches the new pages
  vfs_.read_failure = SQLITE_IOERR_READ;
  EXPECT_ERROR(kStoreBroken, store_->messages().ReadMessages(0, 10));
  EXPECT_ERROR(kStoreBroken, store_->messages().NewestMessage());
  EXPECT_ERROR(kStoreBroken, store_->messages().NewestRoomMessage(room_));
  EXPECT_ERROR(kStoreBroken, store_->messages().ReadRoomMessages(room_, 1, 10));
  EXPECT_ERROR(kStoreBroken, store_->messages().ReadDirectMessages({"amy"}, {"bob"}, {}, 10));
  EXPECT_ERROR(kStoreBroken, store_->messages().ReadPendingMessages({"bob"}, {}, 10));
  EXPECT_ERROR(kStoreBroken, store_->messages().ReadConversations({"bob"}, 10));
  vfs_.read_failure = SQLITE_OK;
  EXPECT_THAT(BodiesOf(*store_->messages().ReadMessages(0, 10)), ElementsAre("1", "2", "3"));
}

TEST_F(SqliteMessagesOnDisk, OfSeveralCallersShareACommit) {
  constexpr int kCallers = 8;
  constexpr int kEach = 50;
  (void)commits_.Take();
  const int syncs = vfs_.syncs;
  const int reports = listener_.message_reports();
  InParallel(kCallers, [&](int) {
    Mail mail(*store_);
    for (int i = 0; i < kEach; ++i) mail.AppendTo(room_, "x");
  });
  const std::vector<std::size_t> sizes = commits_.Take();
  EXPECT_LT(sizes.size(), std::size_t{kCallers} * kEach);
  EXPECT_EQ(listener_.message_reports() - reports, static_cast<int>(sizes.size()))
      << "the listener is called once for each";
  EXPECT_GE(vfs_.syncs - syncs, static_cast<int>(sizes.size()));
  EXPECT_EQ(*store_->messages().NewestRoomMessage(room_), 1u + kCallers * kEach);
}

TEST_F(SqliteMessagesOnDisk, AndRoomsAreReadWithoutWaitingForTheWriter) {
  std::latch writing(1);
  std::latch read(1);
  const RoomKey key = MakeKey(RoomKind::kMulti, "r1");
  const std::jthread writer([&] {
    const auto added = store_->rooms().Update(key, [&](const Room* stored) {
      writing.count_down();
      read.wait();
      return rules::AddPusher(stored, Dialect::kGen1, MakePusher("bob"), {}, {}, kNoon);
    });
    EXPECT_OK(added);
  });
  writing.wait();
  EXPECT_THAT(UsersOf(*store_->rooms().Load(key)), ElementsAre("creator"));
  EXPECT_EQ(store_->rooms().List({.kind = key.kind, .count = 5})->size(), 1u);
  EXPECT_EQ(store_->rooms().Scan(0, 5)->rooms.size(), 1u);
  EXPECT_EQ(store_->rooms().ReadEvents(Cursor::Start(), 10)->events.size(), 2u);
  EXPECT_EQ(store_->rooms().CountRooms(key.kind), 1u);
  Mail mail(*store_);
  EXPECT_THAT(BodiesOf(mail.All()), ElementsAre("1", "2"));
  EXPECT_EQ(mail.NewestIn(room_), 1u);
  EXPECT_THAT(SeqsOf(mail.InRoom(room_)), ElementsAre(1));
  EXPECT_THAT(mail.Between("amy", "bob"), ElementsAre("2"));
  EXPECT_THAT(mail.Pending("bob"), ElementsAre("2"));
  EXPECT_THAT(mail.Conversations("bob"), ElementsAre("2"));
  read.count_down();
}

}  // namespace
}  // namespace rtcroom
