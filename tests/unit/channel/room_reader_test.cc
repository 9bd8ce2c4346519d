#include "daemon/channel/room_reader.h"

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/channel/room_push.h"
#include "tests/support/channel_parts.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_streams.h"
#include "tests/support/forwarded_messages.h"
#include "tests/support/live_rooms.h"
#include "tests/support/matchers.h"
#include "tests/support/messages.h"
#include "tests/support/recording_listener.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::SizeIs;

/// Counts the messages that are read of rooms.
class CountingStore : public ChangedStore {
 public:
  using ChangedStore::ChangedStore;

  Result<std::vector<StoredMessage>> ReadRoomMessages(std::uint64_t room_number,
                                                      std::uint64_t first,
                                                      std::size_t limit) override {
    auto read = ChangedStore::ReadRoomMessages(room_number, first, limit);
    if (read) messages_read += read->size();
    return read;
  }

  std::size_t messages_read = 0;
};

/// The events that the client has missed: the number of viewers if that is told, or the changed
/// field.
std::vector<std::string> NamesOf(const RoomView& view) {
  std::vector<std::string> names;
  for (const StoredEvent& stored : view.events.value()) {
    const EventPayload& payload = stored.event.payload;
    const auto told = ToldAudienceCount(stored.event);
    const auto* const changed = std::get_if<CustomChanged>(&payload);
    names.push_back(told      ? std::to_string(*told)
                    : changed ? changed->field
                              : std::string(EventTypeName(payload)));
  }
  return names;
}

class Reader : public testing::Test {
 protected:
  Reader() { Make(); }

  void Make() { EXPECT_OK(store_.rooms().Update(Creating(MakeRoom(RoomKind::kMulti, "r1")))); }
  void Add(const std::string& user) { EXPECT_OK(store_.rooms().Update(Adding(key_, user, 1000))); }
  void Delete(const std::string& user) { EXPECT_OK(store_.rooms().Update(Deleting(key_, user))); }
  void Say(std::size_t bytes = 5) {
    const std::string body =
        R"([{"MsgType":"TIMTextElem","MsgContent":{"Text":")" + std::string(bytes, 'x') + "\"}}]";
    EXPECT_OK(store_.messages().AppendMessage(
        {.room_number = store_.rooms().Load(key_)->sequence, .content = MakeMessage("ann", body)}));
  }
  const UserId ann_{"ann"};
  std::string Cursor() { return reader_.Read(ann_, RoomReach::kAll, key_, {})->cursor.Encode(); }

  FakeClock clock_;
  RecordingListener commits_;
  CountingStore store_{{.max_room_messages = 40}, "00000000000000aa", commits_};
  const FakeStreams streams_{};
  BanList bans_{clock_, streams_};
  const RoomKey key_ = MakeKey(RoomKind::kMulti, "r1");
  Logger logger_{LogFormat::kJson, LogLevel::kError};
  ChannelParts parts_{.bans = bans_, .clock = clock_, .logger = logger_};
  const ChannelDeps deps_ = parts_.On(store_);
  const RoomReader reader_{deps_, GroupAccess::kAny};
};

TEST_F(Reader, ASnapshotNamesItsExactPosition) {
  Add("bob");
  Say();
  const auto view = reader_.Read(ann_, RoomReach::kAll, key_, {});
  ASSERT_OK(view);
  EXPECT_FALSE(view->events);
  EXPECT_EQ(view->cursor, (RoomCursor{.epoch = "00000000000000aa",
                                      .room_number = view->room.sequence,
                                      .at = {.event = view->room.last_event, .message = 1}}));
  EXPECT_THAT(view->room.pushers, SizeIs(2));
}

TEST_F(Reader, RecoversUpToFiveHundredEvents) {
  EXPECT_OK(store_.rooms().Update(Destroying(key_)));
  EXPECT_OK(store_.rooms().Update(Creating(LiveRoom())));
  const std::string cursor = reader_.Read(ann_, RoomReach::kAll, kLiveR1, {})->cursor.Encode();
  for (int i = 0; i < 250; ++i) {
    EXPECT_OK(store_.rooms().Update(Watching(kLiveR1, "bob")));
    EXPECT_OK(store_.rooms().Update(LeavingAudience(kLiveR1, "bob")));
  }
  const auto most = reader_.Read(ann_, RoomReach::kAll, kLiveR1, cursor);
  ASSERT_OK(most);
  EXPECT_TRUE(most->events);
  EXPECT_THAT(*most->events, SizeIs(500));
  EXPECT_OK(store_.rooms().Update(Watching(kLiveR1, "bob")));
  EXPECT_FALSE(reader_.Read(ann_, RoomReach::kAll, kLiveR1, cursor)->events);
}

TEST_F(Reader, CountsMessagesApartFromEvents) {
  EXPECT_OK(store_.rooms().Update(Destroying(key_)));
  EXPECT_OK(store_.rooms().Update(Creating(LiveRoom())));
  const std::string cursor = reader_.Read(ann_, RoomReach::kAll, kLiveR1, {})->cursor.Encode();
  for (int i = 0; i < 235; ++i) {
    EXPECT_OK(store_.rooms().Update(Watching(kLiveR1, "bob")));
    EXPECT_OK(store_.rooms().Update(LeavingAudience(kLiveR1, "bob")));
  }
  for (int i = 0; i < 31; ++i) {
    EXPECT_OK(
        store_.messages().AppendMessage({.room_number = store_.rooms().Load(kLiveR1)->sequence,
                                         .content = MakeMessage("ann", "[]")}));
  }
  const auto view = reader_.Read(ann_, RoomReach::kAll, kLiveR1, cursor);
  EXPECT_THAT(NamesOf(*view), SizeIs(470));
  EXPECT_THAT(*view->missed->newest, SizeIs(31));
}

TEST_F(Reader, LeavesOutOlderChangesOfAField) {
  EXPECT_OK(store_.rooms().Update(Destroying(key_)));
  EXPECT_OK(store_.rooms().Update(Creating(LiveRoom())));
  const std::string cursor = reader_.Read(ann_, RoomReach::kAll, kLiveR1, {})->cursor.Encode();
  int value = 0;
  const auto change = [&](const std::string& field) {
    EXPECT_OK(store_.rooms().Update(SettingField(kLiveR1, field, std::to_string(++value))));
  };
  for (int i = 0; i < 600; ++i) change("likes");
  EXPECT_OK(store_.rooms().Update(Watching(kLiveR1, "bob")));
  change("hearts");
  change("likes");
  const auto view = reader_.Read(ann_, RoomReach::kAll, kLiveR1, cursor);
  ASSERT_OK(view);
  EXPECT_THAT(NamesOf(*view), ElementsAre("audience_added", "\"hearts\"", "\"likes\""));
  EXPECT_EQ(view->events->back().event.room_sequence, view->cursor.at.event);
  for (int i = 0; i < 400; ++i) change("likes");
  EXPECT_FALSE(reader_.Read(ann_, RoomReach::kAll, kLiveR1, cursor)->events);
}

TEST_F(Reader, TellsTheNewestNumberOfManyViewersOnce) {
  EXPECT_OK(store_.rooms().Update(Destroying(key_)));
  EXPECT_OK(store_.rooms().Update(Creating(LiveRoom())));
  const auto join = [&](int viewer) {
    EXPECT_OK(store_.rooms().Update(Watching(kLiveR1, std::to_string(viewer), "{}", kNoon, 1000)));
  };
  for (int i = 0; i < 199; ++i) join(i);
  const std::string cursor = reader_.Read(ann_, RoomReach::kAll, kLiveR1, {})->cursor.Encode();
  for (int i = 199; i < 800; ++i) join(i);
  EXPECT_OK(store_.rooms().Update(SettingField(kLiveR1, "likes", "1")));
  EXPECT_OK(store_.rooms().Update(LeavingAudience(kLiveR1, "7")));
  EXPECT_OK(store_.rooms().Update(SettingField(kLiveR1, "hearts", "1")));
  const auto view = reader_.Read(ann_, RoomReach::kAll, kLiveR1, cursor);
  ASSERT_OK(view);
  EXPECT_THAT(NamesOf(*view), ElementsAre("audience_added", "\"likes\"", "799", "\"hearts\""));
}

TEST_F(Reader, RemovedMessagesAreNotRecovered) {
  const std::string cursor = Cursor();
  for (int i = 0; i < 40; ++i) Say();
  EXPECT_THAT(*reader_.Read(ann_, RoomReach::kAll, key_, cursor)->missed->newest, SizeIs(40));
  Say();
  const auto view = reader_.Read(ann_, RoomReach::kAll, key_, cursor);
  EXPECT_FALSE(view->events);
  ASSERT_TRUE(view->missed && view->missed->newest);
  EXPECT_EQ(view->missed->from, 1U);
  EXPECT_EQ(view->missed->newest->front().seq, 2U);
  EXPECT_EQ(view->missed->newest->back().seq, 41U);
}

TEST_F(Reader, RemovedEventsAreNotRecovered) {
  const std::string cursor = Cursor();
  Add("bob");
  Add("carol");
  EXPECT_TRUE(reader_.Read(ann_, RoomReach::kAll, key_, cursor)->events);
  EXPECT_OK(store_.rooms().TrimEvents({.keep_since = kLater, .max_events = 1}));
  EXPECT_FALSE(reader_.Read(ann_, RoomReach::kAll, key_, cursor)->events);
}

TEST_F(Reader, TooManyBytesAreNotRecovered) {
  const std::string cursor = Cursor();
  for (int i = 0; i < 12; ++i) Say(7900);
  EXPECT_TRUE(reader_.Read(ann_, RoomReach::kAll, key_, cursor)->events);
  Say(7900);
  const auto view = reader_.Read(ann_, RoomReach::kAll, key_, cursor);
  EXPECT_FALSE(view->events);
  ASSERT_TRUE(view->missed && view->missed->newest);
  EXPECT_THAT(SeqsOf(*view->missed->newest), ElementsAre(2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13));
}

TEST_F(Reader, ReadsHardlyMoreMessagesThanItSends) {
  const std::string cursor = Cursor();
  for (int i = 0; i < 40; ++i) Say(7900);
  store_.messages_read = 0;
  EXPECT_FALSE(reader_.Read(ann_, RoomReach::kAll, key_, cursor)->events);
  EXPECT_EQ(store_.messages_read, 13U) << "12 fit";
}

TEST_F(Reader, ALaterRoomOfTheNameIsAnother) {
  const std::string cursor = Cursor();
  EXPECT_OK(store_.rooms().Update(Destroying(key_)));
  EXPECT_ERROR(kRoomNotFound, reader_.Read(ann_, RoomReach::kAll, key_, cursor));
  Make();
  Say();
  const auto other = reader_.Read(ann_, RoomReach::kAll, key_, cursor);
  EXPECT_FALSE(other->events);
  ASSERT_TRUE(other->missed);
  EXPECT_FALSE(other->missed->newest);
  EXPECT_EQ(other->missed->to, 1U);
  const std::string later = Cursor();
  Add("bob");
  EXPECT_THAT(*reader_.Read(ann_, RoomReach::kAll, key_, later)->events, SizeIs(1));
}

TEST_F(Reader, BannedUsersDoNotOpenARoom) {
  EXPECT_OK(reader_.Open({"ann"}, RoomReach::kAll, key_));
  ASSERT_OK(bans_.Put({.room = key_, .user_id = {"ann"}, .until = kNoon + 1h}));
  EXPECT_ERROR(kNotAllowed, reader_.Open({"ann"}, RoomReach::kAll, key_));
  EXPECT_OK(reader_.Open({"bob"}, RoomReach::kAll, key_));
}

TEST_F(Reader, AHistoryIsCompleteWhenNothingOlderIsKept) {
  for (int i = 0; i < 45; ++i) Say();
  const Room room = *store_.rooms().Load(key_);
  const auto all = reader_.ReadHistory(room, {.limit = 50});
  ASSERT_OK(all);
  EXPECT_THAT(all->messages, SizeIs(40));
  EXPECT_TRUE(all->is_complete);
  const auto some = reader_.ReadHistory(room, {.before = 20, .limit = 5});
  EXPECT_THAT(SeqsOf(some->messages), ElementsAre(15, 16, 17, 18, 19));
  EXPECT_FALSE(some->is_complete);
}

TEST_F(Reader, AHistoryReadsWhatIsSent) {
  constexpr std::uint64_t kBytes = std::uint64_t{64} << 10;
  for (int i = 0; i < 40; ++i) Say(8000);
  const Room room = *store_.rooms().Load(key_);
  for (const RoomReader::HistoryQuery& query :
       {RoomReader::HistoryQuery{.max_bytes = kBytes}, {.after = 0, .max_bytes = kBytes}}) {
    store_.messages_read = 0;
    const auto read = reader_.ReadHistory(room, query);
    ASSERT_OK(read);
    EXPECT_THAT(read->messages, SizeIs(7));
    EXPECT_FALSE(read->is_complete);
    EXPECT_EQ(store_.messages_read, 8U);
  }
}

TEST(MessageReadsTest, GrowWithTheRoomThatIsLeft) {
  StoredMessage small;
  small.content.body = "[]";
  MessageReads reads(50, 20 * StoredBytes(small));
  EXPECT_EQ(reads.Next(), 8U);
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(reads.Take(small));
  EXPECT_EQ(reads.Next(), 13U) << "one more than fit";
  for (int i = 0; i < 12; ++i) EXPECT_TRUE(reads.Take(small));
  EXPECT_EQ(reads.Next(), 0U);
  EXPECT_FALSE(reads.Take(small));
  MessageReads one(50, 1);
  EXPECT_TRUE(one.Take(small)) << "the first fits in any case";
  EXPECT_EQ(one.Next(), 0U);
}

}  // namespace
}  // namespace rtcroom
