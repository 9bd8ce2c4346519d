// The network between a store and its server: connections that are cut while a group is written.
// A change is acknowledged exactly if it is committed, and committed at most once.
#include <array>
#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/cutting_proxy.h"
#include "tests/support/in_parallel.h"
#include "tests/support/messages.h"
#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {
namespace {

using namespace std::string_view_literals;
using Toward = CuttingProxy::Toward;

// Within the messages of the protocol: the portal, without a name, and the statement that it is
// bound to; the same up to the end of the pipeline, which only a writer sends; and the tag of a
// completed command.
constexpr std::string_view kBindsCommit = "\0commit\0"sv;
constexpr std::string_view kCommitUpToSync =
    "\0commit\0\0\0\0\0\0\1\0\1D\0\0\0\6P\0E\0\0\0\11\0\0\0\0\0S\0\0\0\4"sv;
constexpr std::string_view kCommitted = "COMMIT\0"sv;

class PgStoreCutTest : public PgStoreTest {
 protected:
  [[nodiscard]] Secret UrlThroughProxy() const {
    return WithHosts(url_, fmt::format("127.0.0.1:{}", proxy_.port()));
  }

  /// Creates a room; `order` is given when all that the group needs is loaded, before it is written
  /// for the first time.
  Result<RoomChange> CreateAfter(const std::string& id, const std::function<void()>& order) {
    return Apply(*store_, Interrupted(Creating(MultiRoom(id)), [&](int run) {
      if (run == 1) order();
    }));
  }

  RecordingListener heard_;
  CuttingProxy proxy_{SharedPostgres().port()};
  std::unique_ptr<PgStore> direct_ = OpenPatient();
  std::unique_ptr<PgStore> store_ = Open(Patient(UrlThroughProxy()), heard_);
};

TEST_F(PgStoreCutTest, BeforeTheServerSawTheCommitTheGroupIsWrittenAgain) {
  EXPECT_OK(CreateAfter("r1", [&] { proxy_.CutAt(Toward::kServer, kBindsCommit); }));
  EXPECT_EQ(proxy_.cuts(), 1);
  EXPECT_EQ(CheckedEvents(*direct_).size(), 2u);
}

TEST_F(PgStoreCutTest, AfterTheServerCommittedTheChangeIsAcknowledgedAsItIs) {
  ASSERT_OK(Apply(*direct_, Creating(MultiRoom("r1"))));
  const auto created = CreateAfter("r2", [&] { proxy_.CutAt(Toward::kClient, kCommitted); });
  EXPECT_EQ(proxy_.cuts(), 1);
  ASSERT_OK(created);
  ASSERT_OK(direct_->rooms().Load(created->room.key));
  EXPECT_EQ(created->room, *direct_->rooms().Load(created->room.key));
  EXPECT_EQ(CheckedEvents(*direct_).size(), 4u);
}

// Also after each of the bytes between: the sweep ends where the whole pipeline has passed.
TEST_F(PgStoreCutTest, WhereverItIsCutTheChangeIsAcknowledgedExactlyIfItIsCommitted) {
  constexpr std::size_t kStride = 61;
  int rooms = 0;
  for (const Toward toward : {Toward::kServer, Toward::kClient}) {
    for (std::size_t bytes = 0;; bytes += toward == Toward::kServer ? kStride : kStride / 4) {
      const int cuts = proxy_.cuts();
      const std::string id = fmt::format("r{}", rooms++);
      const auto created = CreateAfter(id, [&] { proxy_.CutAfter(toward, bytes); });
      ASSERT_OK(created) << bytes << " bytes";
      if (proxy_.cuts() == cuts) break;
    }
  }
  EXPECT_GT(rooms, 20);
  EXPECT_EQ(CheckedEvents(*direct_).size(), static_cast<std::size_t>(2 * rooms));
}

// Its transaction is refused, because the store has another connection by then.
TEST_F(PgStoreCutTest, WhatTheServerGetsLaterIsNotCommittedAgain) {
  EXPECT_OK(CreateAfter("r1", [&] { proxy_.HoldUpTo(kCommitUpToSync); }));
  EXPECT_EQ(proxy_.cuts(), 1);
  ASSERT_OK(Apply(*store_, Destroying(kR1)));
  const auto before = CheckedEvents(*direct_);
  proxy_.Release();
  EXPECT_ERROR(kRoomNotFound, direct_->rooms().Load(kR1));
  EXPECT_EQ(CheckedEvents(*direct_), before);
  EXPECT_OK(Apply(*store_, Creating(MultiRoom("r1"))));
}

TEST_F(PgStoreCutTest, APingFailsWhileOnlyTheReadersHaveNoConnection) {
  PgOptions options = Patient(UrlThroughProxy());
  options.readers = 1;
  options.give_up = std::chrono::seconds(1);
  const auto store = Open(options);
  ASSERT_OK(store->bans().LoadBans(clock_.Now()));
  constexpr int kNoServer = 1;
  proxy_.Redirect(kNoServer);
  SharedPostgres().EndConnections("query LIKE '%FROM bans%'");
  EXPECT_ERROR(kStoreBusy, store->bans().LoadBans(clock_.Now()));
  EXPECT_ERROR(kStoreBusy, store->Ping());
  EXPECT_OK(store->bans().PutBan({.room = kR1, .user_id = {"u"}, .until = clock_.Now()}));
  proxy_.Redirect(SharedPostgres().port());
  EXPECT_TRUE(Eventually([&] { return store->Ping().ok(); }));
}

TEST_F(PgStoreCutTest, AWriteThatTheLogDoesNotTellOfIsReportedAsUnknown) {
  const Session session{.user_id = {"u"}, .token = {}, .number = 1};
  proxy_.CutAt(Toward::kClient, kCommitted);
  const Status recorded = store_->sessions().RecordSessionUses({&session, 1});
  EXPECT_EQ(proxy_.cuts(), 1);
  ASSERT_TRUE(FailsWith(recorded, Errc::kOutcomeUnknown));
  EXPECT_EQ(recorded.error().detail, "the commit was not answered");
  EXPECT_OK(store_->sessions().RecordSessionUses({&session, 1}));
}

TEST_F(PgStoreCutTest, AWriteThatChangesNoRoomIsFoundToo) {
  const GroupJoinChange join{.instance = 7,
                             .join = GroupJoin{.account = {"u"}, .room = kR1, .room_number = 1}};
  proxy_.CutAt(Toward::kClient, kCommitted);
  EXPECT_OK(store_->accounts().RecordGroupJoins({&join, 1}));
  EXPECT_EQ(proxy_.cuts(), 1);
  EXPECT_EQ(direct_->accounts().LoadGroupJoins()->size(), 1u);
}

TEST_F(PgStoreCutTest, WhatCannotBeFoundOutIsReportedAsUnknown) {
  const auto holder = MakePlain();
  PgOptions options = Patient(UrlThroughProxy());
  options.url = WithSettings(options.url, "-clock_timeout=200ms");
  store_ = Open(options);
  const auto created = CreateAfter("r1", [&] {
    proxy_.HoldUpTo(kCommitUpToSync);
    ASSERT_OK(holder->Run(std::array{PgCall(kPgBegin), PgCall(kHoldTurn)}, Soon()));
  });
  ASSERT_TRUE(FailsWith(created, Errc::kOutcomeUnknown));
  EXPECT_EQ(created.error().detail, "the commit was not answered");
  ASSERT_OK(holder->Run(PgCall(kPgRollback), Soon()));
  proxy_.Release();
  EXPECT_OK(direct_->rooms().Load(kR1));
  EXPECT_ERROR(kRoomExists, Apply(*store_, Creating(MultiRoom("r1", "another"))));
}

// The jobs of one group are those that wait while another one is written.
TEST_F(PgStoreCutTest, WhatSharesACommitThatIsFoundIsCommittedToo) {
  int rounds = 0;
  int lost_results = 0;
  EXPECT_TRUE(Eventually([&] {
    const std::string id = fmt::format("r{}", ++rounds);
    std::atomic<int> about_to_call = 0;
    InParallel(4, [&](int caller) {
      if (caller > 0) ++about_to_call;
      if (caller == 0) {
        EXPECT_OK(CreateAfter("before_" + id, [&] {
          EXPECT_TRUE(Eventually([&] { return about_to_call == 3; }));
          (void)direct_->rooms().Newest();  // takes long enough for most calls to wait
        }));
      } else if (caller == 1) {
        EXPECT_OK(CreateAfter(id, [&] { proxy_.CutAt(Toward::kClient, kCommitted); }));
      } else if (caller == 2) {
        EXPECT_OK(store_->bans().PutBan({.room = kR1, .user_id = {id}, .until = kLater}));
      } else {
        const auto message =
            store_->messages().AppendMessage({.receiver = {"u"}, .content = MakeMessage("v", id)});
        if (message) return;
        ++lost_results;
        EXPECT_ERROR(kOutcomeUnknown, message);
        EXPECT_EQ(message.error().detail, "its result was lost");
      }
    });
    return HasFailure() || lost_results > 0;
  }));
  EXPECT_EQ(proxy_.cuts(), rounds);
  const auto each = static_cast<std::size_t>(rounds);
  // Of a ban, and of a message that shared its commit with nothing else.
  const std::size_t others = 2 * each;
  EXPECT_EQ(CheckedEvents(*direct_, others).size(), 4 * each);
  EXPECT_EQ(direct_->bans().LoadBans(kNoon)->size(), each);
  EXPECT_EQ(direct_->messages().ReadMessages(0, 1000)->size(), each);
  // Of the message whose result was lost the store learns when it follows the log.
  EXPECT_TRUE(Eventually([&] { return heard_.message_reports() == rounds; }));
}

TEST_F(PgStoreCutTest, WhereverItsBeginningIsCutItMayBeginAgain) {
  ASSERT_OK(Apply(*direct_, Creating(MultiRoom("r1"))));
  int cuts = 0;
  for (const std::string_view statement :
       {"to_regclass"sv, "REPEATABLE READ"sv, "\0log_ends\0"sv, "\0load_index\0"sv, "\0enter\0"sv,
        "\0set_link\0"sv, "\0history_find\0"sv}) {
    proxy_.CutAt(Toward::kServer, statement);
    const auto opened = PgStore::Open(Patient(UrlThroughProxy()), deaf_, clock_);
    EXPECT_TRUE(FailsWith(opened, Errc::kStoreBusy)) << statement;
    EXPECT_EQ(proxy_.cuts(), ++cuts) << statement;
  }
  const auto opened = OpenOnly(Patient(UrlThroughProxy()), deaf_);
  proxy_.CutAt(Toward::kServer, "\0scan\0"sv);
  EXPECT_ERROR(kStoreBusy, opened->rooms().Scan(0, 10));
  EXPECT_EQ(proxy_.cuts(), ++cuts);
}

TEST_F(PgStoreCutTest, BetweenCallsItIsNotNoticed) {
  ASSERT_OK(Apply(*store_, Creating(MultiRoom("r1"))));
  ASSERT_OK(store_->rooms().Load(kR1));
  proxy_.CutAll();
  EXPECT_OK(store_->rooms().Load(kR1));
  EXPECT_OK(Apply(*store_, Adding(kR1, "u")));
  EXPECT_OK(store_->rooms().Load(kR1));
  proxy_.CutAll();
  EXPECT_OK(store_->bans().PutBan({.room = kR1, .user_id = {"u"}, .until = kLater}));
  proxy_.CutAll();
  EXPECT_OK(store_->Ping());
}

}  // namespace
}  // namespace rtcroom
