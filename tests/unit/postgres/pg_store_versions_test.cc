// Stores of two versions of the program on one schema: nothing is written that the older cannot
// read.
#include <chrono>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "storage/postgres/pg_cluster.h"
#include "storage/postgres/schema.h"
#include "tests/support/fake_boot_clock.h"
#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// As if version 2 had brought bans, and that pushers leave.
constexpr PgNewType kNewTypes[] = {{.type = 102, .version = 2}, {.type = 4, .version = 2}};

class PgStoreVersionsTest : public PgStoreTest {
 protected:
  PgStoreVersionsTest() {
    PgOptions options = Patient(url_);
    options.new_types = kNewTypes;
    store_ = Open(options);
    EXPECT_OK(Apply(*store_, Creating(MultiRoom("r1"))));
    Execute("UPDATE nodes SET version = 2");
    Execute("INSERT INTO nodes (node, link, version) VALUES (99, 0, 1)");
  }

  [[nodiscard]] Ban BanOf(const std::string& user) const {
    return {.room = kR1, .user_id = {user}, .until = clock_.Now() + hours(1)};
  }
  [[nodiscard]] RoomUpdate JoiningAndBanning(const std::string& user) const {
    RoomUpdate update = Adding(kR1, user);
    update.edit = [edit = std::move(update.edit), ban = BanOf("eve")](const Room* stored) {
      Result<RoomChange> change = edit(stored);
      if (change) change->ban = ban;
      return change;
    };
    return update;
  }
  [[nodiscard]] std::vector<std::string> Users() { return UsersOf(*store_->rooms().Load(kR1)); }

  std::unique_ptr<PgStore> store_;
};

TEST_F(PgStoreVersionsTest, ANodeSaysTheNewestSchemaThatItKnows) {
  const auto another = OpenPatient();
  EXPECT_EQ(Number("SELECT version FROM nodes WHERE node = 2"), NewestPgSchema());
}

TEST_F(PgStoreVersionsTest, ARecordOfANewTypeIsRefusedUntilAllNodesReadIt) {
  EXPECT_ERROR(kStoreBusy, store_->bans().PutBan(BanOf("bob")));
  EXPECT_THAT(*store_->bans().LoadBans(clock_.Now()), IsEmpty());
  Execute("UPDATE nodes SET version = 2 WHERE node = 99");
  EXPECT_OK(store_->bans().PutBan(BanOf("bob")));
  EXPECT_THAT(*store_->bans().LoadBans(clock_.Now()), SizeIs(1));
}

TEST_F(PgStoreVersionsTest, AChangeOfARoomThatNeedsANewTypeChangesNothingUntilThen) {
  EXPECT_ERROR(kStoreBusy, Apply(*store_, JoiningAndBanning("bob")));
  EXPECT_OK(Apply(*store_, Adding(kR1, "amy")));
  EXPECT_ERROR(kStoreBusy, Apply(*store_, Deleting(kR1, "amy")));
  EXPECT_THAT(Users(), ElementsAre("creator", "amy"));
  EXPECT_THAT(CheckedEvents(*store_), SizeIs(3));
  Execute("DELETE FROM nodes WHERE node = 99");
  EXPECT_OK(Apply(*store_, JoiningAndBanning("bob")));
  EXPECT_OK(Apply(*store_, Deleting(kR1, "amy")));
  EXPECT_THAT(Users(), ElementsAre("creator", "bob"));
}

TEST_F(PgStoreVersionsTest, NodesLearnWhetherAllKnowMarkedTickets) {
  FakeBootClock boot;
  NodeLease lease(boot);
  PgCluster cluster(*PgAddress::Parse(url_), {.node = 7, .name = "node7"}, lease, clock_);
  ASSERT_OK(cluster.Renew());
  Execute(fmt::format("UPDATE nodes SET version = {}", kPgMarkedTickets));
  EXPECT_TRUE(cluster.Renew()->all_know_marked_tickets);
  Execute(fmt::format("UPDATE nodes SET version = {} WHERE node = 99", kPgMarkedTickets - 1));
  EXPECT_FALSE(cluster.Renew()->all_know_marked_tickets);
}

TEST_F(PgStoreVersionsTest, NodesLearnWhetherAllHaveLeasesOfViewers) {
  FakeBootClock boot;
  NodeLease lease(boot);
  PgCluster cluster(*PgAddress::Parse(url_), {.node = 7, .name = "node7"}, lease, clock_);
  ASSERT_OK(cluster.Renew());
  Execute(fmt::format("UPDATE nodes SET version = {}", kPgViewerLeases));
  EXPECT_TRUE(cluster.Renew()->all_have_viewer_leases);
  Execute(fmt::format("UPDATE nodes SET version = {} WHERE node = 99", kPgViewerLeases - 1));
  EXPECT_FALSE(cluster.Renew()->all_have_viewer_leases);
}

TEST_F(PgStoreVersionsTest, NodesLearnWhetherAllReadMessagesAsTheyWereSent) {
  FakeBootClock boot;
  NodeLease lease(boot);
  PgCluster cluster(*PgAddress::Parse(url_), {.node = 7, .name = "node7"}, lease, clock_);
  ASSERT_OK(cluster.Renew());
  Execute(fmt::format("UPDATE nodes SET version = {}", kPgPlainMessages));
  EXPECT_TRUE(cluster.Renew()->all_know_plain_messages);
  Execute(fmt::format("UPDATE nodes SET version = {} WHERE node = 99", kPgPlainMessages - 1));
  EXPECT_FALSE(cluster.Renew()->all_know_plain_messages);
}

TEST_F(PgStoreVersionsTest, MessagesOfEarlierNodesAreGuardedElements) {
  Execute(
      "INSERT INTO messages (position, receiver, sender, nick, client_seq, client_random,"
      " sent_at_ms, body) VALUES (1, 'bob', 'amy', '', 0, 0, 0, 'hi')");
  const StoredMessage expected{
      .position = 1, .receiver = {"bob"}, .content = {.sender = {"amy"}, .body = "hi"}};
  EXPECT_THAT(*store_->messages().ReadMessages(0, 10), ElementsAre(expected));
}

TEST_F(PgStoreVersionsTest, EarlierNodesFindNoBodyThatIsNotJson) {
  const MessageContent text{.sender = {"amy"}, .body = "hi", .type = MessageType::kText};
  const MessageContent elements{.sender = {"zoe"}, .body = R"([{"a":1}])"};
  ASSERT_OK(store_->messages().AppendMessage({.receiver = {"bob"}, .content = text}));
  ASSERT_OK(store_->messages().AppendMessage({.receiver = {"bob"}, .content = elements}));
  EXPECT_EQ(Number("SELECT count(*) FROM messages WHERE convert_from(body, 'UTF8')"
                   " IN ('[]', '[{\"a\":1}]')"),
            2);
  const auto read = store_->messages().ReadMessages(0, 10);
  ASSERT_THAT(*read, SizeIs(2));
  EXPECT_EQ(read->front().content, text);
  EXPECT_EQ(read->back().content, elements);
}

TEST_F(PgStoreVersionsTest, OtherChangesOfTheSameGroupAreMade) {
  const std::vector<RoomUpdate> group = {Adding(kR1, "amy"), JoiningAndBanning("bob"),
                                         Adding(kR1, "cat")};
  const std::vector<Result<RoomChange>> outcomes = store_->rooms().UpdateAll(group);
  EXPECT_OK(outcomes[0]);
  EXPECT_ERROR(kStoreBusy, outcomes[1]);
  EXPECT_OK(outcomes[2]);
  EXPECT_THAT(Users(), ElementsAre("creator", "amy", "cat"));
}

TEST_F(PgStoreVersionsTest, EventsOfUnknownTypesArePassedOver) {
  EXPECT_OK(Apply(*store_, Adding(kR1, "amy")));
  EXPECT_OK(Apply(*store_, Adding(kR1, "bob")));
  const std::vector<StoredEvent> before = CheckedEvents(*store_);
  ASSERT_THAT(before, SizeIs(4));
  Execute("UPDATE events SET type = 10 WHERE user_id = 'amy'");
  const auto events = store_->rooms().ReadEvents(Cursor::Start(), 10);
  ASSERT_OK(events);
  EXPECT_THAT(events->events, ElementsAre(before[0], before[1], before[3]));
  EXPECT_THAT(*store_->rooms().ReadRoomEvents(kR1, std::nullopt, 10),
              ElementsAre(before[3], before[1], before[0]));
}

}  // namespace
}  // namespace rtcroom
