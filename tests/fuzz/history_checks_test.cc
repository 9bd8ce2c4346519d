// Checks that the histories detect an incorrect store.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fuzz/room_history.h"
#include "tests/support/forwarded_messages.h"
#include "tests/support/recording_listener.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;
using testing::Le;
using testing::SizeIs;

/// A store whose answers a test can modify.
class SpoiltStore : public ChangedStore {
 public:
  SpoiltStore()
      : ChangedStore({.max_rooms = kMostRoomsOfHistories}, "00000000000000ff", listener_) {}

  std::function<void(AudiencePage&)> spoil_audiences = [](AudiencePage&) {};
  std::function<void(std::vector<Room>&)> spoil_lists = [](std::vector<Room>&) {};
  std::function<void(EventPage&)> spoil_events = [](EventPage&) {};

  Result<AudiencePage> LoadAudiences(const RoomKey& key) override {
    return Spoilt(ChangedStore::LoadAudiences(key), spoil_audiences);
  }
  Result<std::vector<Room>> List(const RoomListQuery& query) override {
    return Spoilt(ChangedStore::List(query), spoil_lists);
  }
  Result<EventPage> ReadEvents(const Cursor& cursor, std::size_t limit) override {
    return Spoilt(ChangedStore::ReadEvents(cursor, limit), spoil_events);
  }

 private:
  template <typename Answer>
  static Result<Answer> Spoilt(Result<Answer> answer, const std::function<void(Answer&)>& spoil) {
    if (answer) spoil(*answer);
    return answer;
  }

  RecordingListener listener_;
};

/// The first fault found in a hundred histories, and its shortest reproducing history.
std::pair<std::string, RoomHistory> FirstFault(const std::function<void(SpoiltStore&)>& spoil) {
  const auto trial = [&](const RoomHistory& history) {
    SpoiltStore store;
    spoil(store);
    return TryHistory(history, store.rooms());
  };
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const RoomHistory history = DrawHistory(seed);
    if (!trial(history)) continue;
    const RoomHistory shortest = Shorten(history, trial);
    return {*trial(shortest), shortest};
  }
  return {"none", {}};
}

TEST(HistoryChecks, DetectAMissingViewer) {
  const auto [fault, history] = FirstFault([](SpoiltStore& store) {
    store.spoil_audiences = [](AudiencePage& page) {
      if (!page.audiences.empty()) page.audiences.pop_back();
    };
  });
  EXPECT_THAT(fault, HasSubstr("viewers"));
  EXPECT_THAT(history.commands, SizeIs(2)) << Describe(history);  // one adds, one watches
}

TEST(HistoryChecks, DetectAListInTheWrongOrder) {
  const auto [fault, history] = FirstFault([](SpoiltStore& store) {
    store.spoil_lists = [](std::vector<Room>& rooms) { std::ranges::reverse(rooms); };
  });
  EXPECT_THAT(fault, HasSubstr("the list of"));
  EXPECT_THAT(history.commands, SizeIs(2)) << Describe(history);
}

TEST(HistoryChecks, DetectAMissingEvent) {
  const auto [fault, history] = FirstFault([](SpoiltStore& store) {
    store.spoil_events = [](EventPage& page) {
      const auto in_room = [](const StoredEvent& one, const StoredEvent& next) {
        return one.event.room_sequence > 1 && one.event.room == next.event.room;
      };
      const auto lost = std::ranges::adjacent_find(page.events, in_room);
      if (lost != page.events.end()) page.events.erase(lost);
    };
  });
  EXPECT_THAT(fault, HasSubstr("comes as number"));
  EXPECT_THAT(history.commands, SizeIs(Le(2))) << Describe(history);
}

TEST(HistoryChecks, DetectAMissingHandOver) {
  const auto [fault, history] = FirstFault([](SpoiltStore& store) {
    store.spoil_events = [](EventPage& page) {
      for (StoredEvent& stored : page.events) {
        auto* const deleted = std::get_if<PusherDeleted>(&stored.event.payload);
        if (deleted != nullptr) deleted->new_creator = {};
      }
    };
  });
  EXPECT_THAT(fault, HasSubstr("differs from its events"));
  EXPECT_THAT(history.commands, SizeIs(3)) << Describe(history);  // two add, the first leaves
}

TEST(HistoryChecks, DrawTheSameHistoryForTheSameSeed) {
  EXPECT_EQ(Describe(DrawHistory(7)), Describe(DrawHistory(7)));
  EXPECT_NE(Describe(DrawHistory(7)), Describe(DrawHistory(8)));
}

}  // namespace
}  // namespace rtcroom
