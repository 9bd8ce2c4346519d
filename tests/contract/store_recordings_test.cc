// Store contract: the index of recordings.
#include <chrono>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/store_contract.h"

namespace rtcroom {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

StreamOwner Owner(const std::string& room, const std::string& user,
                  RoomKind kind = RoomKind::kMulti) {
  return {.room = MakeKey(kind, room), .room_number = 7, .user_id = {user}};
}

Recording Recorded(const std::string& file, int ended_after = 0,
                   const std::optional<StreamOwner>& owner = std::nullopt) {
  return {.file = file,
          .stream = "1_bob",
          .owner = owner,
          .bytes = 1000,
          .started_at = kNoon - seconds(60),
          .ended_at = kNoon + seconds(ended_after)};
}

std::vector<std::string> FilesOf(const Result<std::vector<Recording>>& recordings) {
  EXPECT_OK(recordings);
  std::vector<std::string> files;
  for (const Recording& recording : *recordings) files.push_back(recording.file);
  return files;
}

std::vector<std::string> Files(Storage& store, const RecordingQuery& query = {}) {
  return FilesOf(store.recordings().ListRecordings(query));
}

std::vector<std::string> FilesEndedBefore(Storage& store, TimePoint time,
                                          const RecordingPosition& after = {},
                                          std::size_t limit = 10) {
  return FilesOf(store.recordings().LoadRecordingsEndedBefore(time, after, limit));
}

void Put(Storage& store, const std::vector<Recording>& recordings) {
  ASSERT_OK(store.recordings().PutRecordings(recordings));
}

TEST_P(StoreContract, FindsARecordingByItsFile) {
  Recording whole = Recorded("2023/a b.flv", 1, Owner("r1", "bob"));
  const Recording bare{.file = "b.flv", .ended_at = kNoon};
  ASSERT_OK(store_->recordings().PutRecordings(std::vector{whole, bare}));
  const auto found = store_->recordings().FindRecording("2023/a b.flv");
  ASSERT_OK(found);
  ASSERT_TRUE(found->has_value());
  EXPECT_GT((*found)->number, 0u);
  whole.number = (*found)->number;
  EXPECT_EQ(**found, whole);
  EXPECT_EQ((*store_->recordings().FindRecording("b.flv"))->started_at, std::nullopt);
  EXPECT_EQ(*store_->recordings().FindRecording("B.flv"), std::nullopt);
}

TEST_P(StoreContract, AFileHasOneRowWithItsLastSizeAndEnd) {
  const Recording first = Recorded("a.flv", 0, Owner("r1", "bob"));
  Recording second = Recorded("a.flv", 5);
  second.bytes = 2000;
  second.stream.clear();
  second.started_at = kNoon;
  ASSERT_OK(store_->recordings().PutRecordings(std::vector{first, second}));
  const auto all = store_->recordings().ListRecordings({});
  ASSERT_OK(all);
  ASSERT_EQ(all->size(), 1u);
  const Recording& row = all->front();
  EXPECT_EQ(row.bytes, 2000u);
  EXPECT_EQ(row.ended_at, second.ended_at);
  EXPECT_EQ(row.owner, first.owner);
  EXPECT_EQ(row.stream, first.stream);
  EXPECT_EQ(row.started_at, first.started_at);
  ASSERT_OK(
      store_->recordings().PutRecordings(std::vector{Recorded("a.flv", 6, Owner("r2", "amy"))}));
  EXPECT_EQ((*store_->recordings().FindRecording("a.flv"))->owner, Owner("r2", "amy"));
}

TEST_P(StoreContract, ListsTheNewestFirst) {
  Put(*store_, {Recorded("b", 2), Recorded("c", 3), Recorded("a", 1), Recorded("c2", 3)});
  EXPECT_THAT(Files(*store_), ElementsAre("c2", "c", "b", "a"));
  Put(*store_, {Recorded("a", 9)});
  EXPECT_THAT(Files(*store_), ElementsAre("a", "c2", "c", "b"));
}

TEST_P(StoreContract, ListsByRoomKindRoomAndUser) {
  Put(*store_,
      {Recorded("unknown", 0), Recorded("bob in r1", 1, Owner("r1", "bob")),
       Recorded("amy in r1", 2, Owner("r1", "amy")), Recorded("bob in r2", 3, Owner("r2", "bob")),
       Recorded("bob in live r1", 4, Owner("r1", "bob", RoomKind::kLive))});
  EXPECT_THAT(Files(*store_, {.kind = RoomKind::kMulti}),
              ElementsAre("bob in r2", "amy in r1", "bob in r1"));
  EXPECT_THAT(Files(*store_, {.room_id = RoomId{"r1"}}),
              ElementsAre("bob in live r1", "amy in r1", "bob in r1"));
  EXPECT_THAT(Files(*store_, {.kind = RoomKind::kMulti, .room_id = RoomId{"r1"}}),
              ElementsAre("amy in r1", "bob in r1"));
  EXPECT_THAT(Files(*store_, {.user_id = UserId{"bob"}}),
              ElementsAre("bob in live r1", "bob in r2", "bob in r1"));
  EXPECT_THAT(Files(*store_, {.kind = RoomKind::kLive, .user_id = UserId{"bob"}}),
              ElementsAre("bob in live r1"));
  EXPECT_THAT(Files(*store_, {.room_id = RoomId{"r1"}, .user_id = UserId{"amy"}}),
              ElementsAre("amy in r1"));
  EXPECT_THAT(
      Files(*store_, {.kind = RoomKind::kLive, .room_id = RoomId{"r1"}, .user_id = UserId{"amy"}}),
      IsEmpty());
  EXPECT_THAT(Files(*store_, {.kind = RoomKind::kDouble}), IsEmpty());
}

TEST_P(StoreContract, ListsPageByPage) {
  std::vector<std::string> written;
  for (int i = 0; i < 7; ++i) {
    Put(*store_, {Recorded("file " + std::to_string(i), i / 3, Owner("r1", "bob"))});
    written.insert(written.begin(), "file " + std::to_string(i));
  }
  for (const RecordingQuery& filter :
       {RecordingQuery{}, RecordingQuery{.kind = RoomKind::kMulti},
        RecordingQuery{.room_id = RoomId{"r1"}}, RecordingQuery{.user_id = UserId{"bob"}}}) {
    std::vector<std::string> listed;
    RecordingQuery query = filter;
    query.limit = 2;
    for (;;) {
      const auto page = store_->recordings().ListRecordings(query);
      ASSERT_OK(page);
      ASSERT_LE(page->size(), 2u);
      if (page->empty()) break;
      for (const Recording& recording : *page) listed.push_back(recording.file);
      query.after = PositionOf(page->back());
    }
    EXPECT_EQ(listed, written);
  }
}

TEST_P(StoreContract, LoadsThoseThatEndedBeforeATimeTheOldestFirst) {
  Put(*store_, {Recorded("c", 3), Recorded("a", 1), Recorded("b", 1)});
  EXPECT_THAT(FilesEndedBefore(*store_, kNoon + seconds(1)), IsEmpty());
  EXPECT_THAT(FilesEndedBefore(*store_, kNoon + seconds(9)), ElementsAre("a", "b", "c"));
  EXPECT_THAT(FilesEndedBefore(*store_, kNoon + seconds(3), {}, 1), ElementsAre("a"));
  const RecordingPosition a = PositionOf(**store_->recordings().FindRecording("a"));
  EXPECT_THAT(FilesEndedBefore(*store_, kNoon + seconds(3), a), ElementsAre("b"));
}

TEST_P(StoreContract, ForgetsAFile) {
  Put(*store_, {Recorded("a"), Recorded("b")});
  ASSERT_OK(store_->recordings().RemoveRecording("a", kLater));
  ASSERT_OK(store_->recordings().RemoveRecording("never known", kLater));
  EXPECT_THAT(Files(*store_), ElementsAre("b"));
  EXPECT_EQ(*store_->recordings().FindRecording("a"), std::nullopt);
}

TEST_P(StoreContract, ForgetsTheFirstBeyondTheMost) {
  OpenStore({.max_recordings = 2});
  Put(*store_, {Recorded("a", 9), Recorded("b", 1)});
  Put(*store_, {Recorded("b", 2)});
  EXPECT_THAT(Files(*store_), ElementsAre("a", "b"));
  Put(*store_, {Recorded("c", 0)});
  EXPECT_THAT(Files(*store_), ElementsAre("b", "c"));
}

}  // namespace
}  // namespace rtcroom
