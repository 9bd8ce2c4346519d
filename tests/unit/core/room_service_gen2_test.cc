// The use cases of gen-2 and webrtc rooms.
#include <atomic>
#include <barrier>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/service_fixture.h"

namespace rtcroom {
namespace {

using testing::IsEmpty;

class Gen2ServiceTest : public ServiceFixture {
 protected:
  static CreateRoomCommand Prepare(const std::string& id, const std::string& creator) {
    CreateRoomCommand command = Create(id, creator);
    command.dialect = Dialect::kGen2;
    command.profile = {};
    return command;
  }
  static AddPusherCommand AddTo(const std::string& id, const std::string& user,
                                const std::string& stream = "s1") {
    AddPusherCommand command = Add(Key(id), user);
    command.dialect = Dialect::kGen2;
    command.profile.push_url = "rtmp://push/live/" + stream + "?bizid=1";
    command.info = "info";
    return command;
  }
  Result<Room> Load(const std::string& id) { return rooms_.LoadRoom(Key(id), Dialect::kGen2); }
  Status Delete(const std::string& id, const std::string& user) {
    return rooms_.DeletePusher({.room = Key(id), .dialect = Dialect::kGen2, .user_id = {user}});
  }
};

TEST_F(Gen2ServiceTest, ExpiresAPreparedRoom) {
  ASSERT_OK(CreateRoom(Prepare("r1", "host")));
  clock_.Advance(kInactiveTtl + std::chrono::milliseconds(1));
  EXPECT_EQ(rooms_.ExpireInactive(inactive_.Overdue(10, clock_.Monotonic())).expired, 1U);
  EXPECT_EQ(Events().back().payload, EventPayload(RoomDestroyed{.reason = EndReason::kIdle}));
  EXPECT_EQ(inactive_.size(), 0U);
}

TEST_F(Gen2ServiceTest, SparesAnOverdueRoomThatBecameActive) {
  ASSERT_OK(CreateRoom(Prepare("r1", "host")));
  clock_.Advance(kInactiveTtl + std::chrono::milliseconds(1));
  const std::vector<InactiveRoom> overdue = inactive_.Overdue(10, clock_.Monotonic());
  ASSERT_OK(AddNow(rooms_, AddTo("r1", "guest")));
  EXPECT_EQ(rooms_.ExpireInactive(overdue).skipped, 1U);
  EXPECT_OK(Load("r1"));
}

TEST_F(Gen2ServiceTest, RetriesAFailedExpiry) {
  ASSERT_OK(CreateRoom(Prepare("r1", "host")));
  clock_.Advance(kInactiveTtl + std::chrono::milliseconds(1));
  store_.broken = true;
  EXPECT_EQ(rooms_.ExpireInactive(inactive_.Overdue(10, clock_.Monotonic())).failed, 1U);
  store_.broken = false;
  EXPECT_EQ(rooms_.ExpireInactive(inactive_.Overdue(10, clock_.Monotonic())).expired, 1U);
}

TEST_F(Gen2ServiceTest, AddPusherCreatesAMissingRoom) {
  ASSERT_OK(AddNow(rooms_, AddTo("r1", "host", "8888_host_ab")));
  const Result<Room> room = Load("r1");
  ASSERT_OK(room);
  EXPECT_EQ(room->creator, UserId{"host"});
  EXPECT_EQ(room->info, "info");
  EXPECT_EQ(room->mixed_play_url, "https://play/live/8888_host_ab.flv");
  EXPECT_EQ(room->pushers.at(0).accelerate_url, "rtmp://play/live/8888_host_ab");
}

TEST_F(Gen2ServiceTest, RefusesToAddToAnIdOfAnotherDialectOrKind) {
  ASSERT_OK(CreateRoom(Create("gen1", "host")));
  EXPECT_ERROR(kRoomExists, AddNow(rooms_, AddTo("gen1", "guest")));
  CreateRoomCommand live = Prepare("live", "host");
  live.kind = RoomKind::kLive;
  ASSERT_OK(CreateRoom(live));
  EXPECT_ERROR(kRoomExists, AddNow(rooms_, AddTo("live", "guest")));
  ASSERT_OK(AddNow(rooms_, AddTo("gen2", "host")));
  EXPECT_ERROR(kRoomNotFound, AddNow(rooms_, Add(Key("gen2"), "guest"))) << "hidden from gen-1";
}

TEST_F(Gen2ServiceTest, ReturnsNoPlayUrlsForMembersWithoutAStream) {
  AddPusherCommand silent = AddTo("r1", "host");
  silent.profile.push_url = "";
  ASSERT_OK(AddNow(rooms_, silent));
  EXPECT_EQ(Load("r1")->pushers.at(0).accelerate_url, "");
  EXPECT_EQ(Load("r1")->mixed_play_url, "");
}

TEST_F(Gen2ServiceTest, PlaysTheStreamOfTheNewCreator) {
  ASSERT_OK(AddNow(rooms_, AddTo("r1", "host", "s1")));
  ASSERT_OK(AddNow(rooms_, AddTo("r1", "guest", "s2")));
  ASSERT_OK(Delete("r1", "host"));
  EXPECT_EQ(Load("r1")->creator, UserId{"guest"});
  EXPECT_EQ(Load("r1")->mixed_play_url, "https://play/live/s2.flv");
}

TEST_F(Gen2ServiceTest, UsesOneStreamForAGen1MemberThatBecomesCreator) {
  RoomService rooms(Deps(store_), {.policy = {.interop = Interop::kShared}}, logger_);
  ASSERT_OK(AddNow(rooms, AddTo("r1", "host", "s1")));
  AddPusherCommand heir = Add(Key("r1"), "heir");
  heir.profile.push_url = "rtmp://push/live/another?a=b";
  ASSERT_OK(AddNow(rooms, heir));
  ASSERT_OK(
      rooms.DeletePusher({.room = Key("r1"), .dialect = Dialect::kGen2, .user_id = {"host"}}));
  const Result<Room> room = rooms.LoadRoom(Key("r1"), Dialect::kGen2);
  ASSERT_OK(room);
  EXPECT_EQ(room->creator, UserId{"heir"});
  EXPECT_EQ(room->pushers.at(0).accelerate_url, "rtmp://play/live/heir");
  EXPECT_EQ(room->mixed_play_url, "https://play/live/heir.flv");
}

TEST_F(Gen2ServiceTest, AddPusherCreatesNoRoomIfItsGroupFails) {
  groups_.AnswerWith([](const RoomId&, MonotonicTime) -> Status {
    return Error{Errc::kUnavailable, "IM is down"};
  });
  EXPECT_ERROR(kUnavailable, AddNow(rooms_, AddTo("r1", "host")));
  EXPECT_THAT(Events(), IsEmpty());
}

TEST_F(Gen2ServiceTest, AddsAllPushersThatArriveDuringCreation) {
  groups_.Hold();
  std::vector<Status> outcomes;
  const auto note = [&](const Status& outcome) { outcomes.push_back(outcome); };
  rooms_.AddPusher(AddTo("r1", "host"), note);
  rooms_.AddPusher(AddTo("r1", "guest"), note);
  rooms_.AddPusher(AddTo("r1", "host"), note);
  EXPECT_THAT(outcomes, IsEmpty()) << "they wait for the group";
  groups_.AnswerHeld({});
  ASSERT_EQ(outcomes.size(), 3U);
  for (const Status& outcome : outcomes) EXPECT_OK(outcome);
  EXPECT_EQ(Load("r1")->creator, UserId{"host"});
  EXPECT_EQ(Load("r1")->pushers.size(), 2U);
  EXPECT_EQ(groups_.asked().size(), 1U);
}

TEST_F(Gen2ServiceTest, FailsAllWaitingPushersIfTheGroupFails) {
  groups_.Hold();
  std::vector<Status> outcomes;
  for (const char* user : {"host", "guest", "friend"}) {
    rooms_.AddPusher(AddTo("r1", user), [&](const Status& added) { outcomes.push_back(added); });
  }
  groups_.AnswerHeld(Error{Errc::kUnavailable, "IM is down"});
  ASSERT_EQ(outcomes.size(), 3U);
  for (const Status& outcome : outcomes) EXPECT_ERROR(kUnavailable, outcome);
  EXPECT_EQ(groups_.asked().size(), 1U);
  EXPECT_OK(AddNow(rooms_, AddTo("r1", "host")));
}

/// A store with a hook after each write.
class InterruptedStore : public FailingStore {
 public:
  using FailingStore::FailingStore;
  std::vector<Result<RoomChange>> UpdateAll(std::span<const RoomUpdate> updates) override {
    std::vector<Result<RoomChange>> outcomes = FailingStore::UpdateAll(updates);
    after_write(writes_++);
    return outcomes;
  }
  std::function<void(int write)> after_write;  ///< receives the number of earlier writes

 private:
  std::atomic<int> writes_{0};
};

TEST_F(Gen2ServiceTest, JoinsAConcurrentlyCreatedRoomWithoutANewGroup) {
  InterruptedStore store(sqlite_.rooms());
  RoomService rooms(Deps(store), {}, logger_);
  store.after_write = [&](int write) {
    if (write != 0) return;
    EXPECT_OK(AddNow(rooms, AddTo("r1", "host")));
  };
  ASSERT_OK(AddNow(rooms, AddTo("r1", "guest")));
  EXPECT_EQ(Load("r1")->creator, UserId{"host"});
  EXPECT_EQ(Load("r1")->pushers.size(), 2U);
  EXPECT_EQ(groups_.asked().size(), 1U);
}

TEST_F(Gen2ServiceTest, CreatesOneGroupForConcurrentAdds) {
  constexpr int kUsers = 32;
  InterruptedStore store(sqlite_.rooms());
  RoomService rooms(Deps(store), {.policy = {.limits = {.max_pushers_multi = kUsers}}}, logger_);
  std::barrier all_have_looked(kUsers);
  store.after_write = [&](int write) {
    if (write < kUsers) all_have_looked.arrive_and_wait();
  };
  std::atomic<int> seated{0};
  {
    std::vector<std::jthread> threads;
    for (int user = 0; user < kUsers; ++user) {
      threads.emplace_back([&, command = AddTo("r1", "user_" + std::to_string(user))] {
        rooms.AddPusher(command, [&](const Status& added) {
          EXPECT_OK(added);
          ++seated;
        });
      });
    }
  }
  EXPECT_EQ(seated, kUsers) << "each gets one reply";
  EXPECT_EQ(Load("r1")->pushers.size(), kUsers);
  EXPECT_EQ(groups_.asked().size(), 1U);
}

TEST_F(Gen2ServiceTest, AddsAPusherThatArrivesDuringCreateRoom) {
  groups_.Hold();
  std::optional<Result<RoomId>> made;
  std::optional<Status> added;
  rooms_.CreateRoom(Prepare("r1", "host"), [&](const Result<RoomId>& id) { made = id; });
  rooms_.AddPusher(AddTo("r1", "host"), [&](const Status& outcome) { added = outcome; });
  groups_.AnswerHeld({});
  EXPECT_OK(made.value());
  EXPECT_OK(added.value());
  EXPECT_EQ(Load("r1")->info, "name");
}

TEST_F(Gen2ServiceTest, RefusesAnIdThatTheOtherDialectIsCreating) {
  groups_.Hold();
  CreateRoomCommand others = Prepare("r1", "alice");
  others.dialect = Dialect::kGen1;
  std::optional<Result<RoomId>> made;
  rooms_.CreateRoom(others, [&](const Result<RoomId>& id) { made = id; });
  std::optional<Status> added;
  rooms_.AddPusher(AddTo("r1", "host"), [&](const Status& outcome) { added = outcome; });
  ASSERT_TRUE(added.has_value()) << "replies without waiting";
  EXPECT_ERROR(kRoomExists, *added);
  groups_.AnswerHeld({});
  ASSERT_TRUE(made.has_value());
  EXPECT_OK(*made);
  EXPECT_ERROR(kRoomExists, AddNow(rooms_, AddTo("r1", "host")));
}

TEST_F(Gen2ServiceTest, ShowsViewersToTheDialectOfTheRoomOnly) {
  ASSERT_OK(AddNow(rooms_, AddTo("r1", "host")));
  const MemberCommand viewer{.room = Key("r1"), .dialect = Dialect::kGen2, .user_id = {"v"}};
  ASSERT_OK(rooms_.AddAudience({.member = viewer, .user_info = "i"}));
  EXPECT_EQ(rooms_.LoadAudiences(Key("r1"), Dialect::kGen2)->count, 1U);
  EXPECT_EQ(rooms_.LoadAudiences(Key("r1"), Dialect::kGen1)->count, 0U);
}

TEST_F(Gen2ServiceTest, GivesWebrtcRoomsNumericIdsAndNoGroups) {
  CreateRoomCommand command = Prepare("", "host");
  command.kind = RoomKind::kWebrtc;
  command.room_id.reset();
  const Result<RoomId> made = CreateRoom(command);
  ASSERT_OK(made);
  EXPECT_EQ(made->value.find_first_not_of("0123456789"), std::string::npos) << *made;
  EXPECT_THAT(groups_.asked(), IsEmpty());
  const RoomKey key = Key(made->value, RoomKind::kWebrtc);
  EXPECT_EQ(rooms_.LoadRoom(key, Dialect::kGen2)->pushers.size(), 1U);
  AddPusherCommand nowhere = AddTo("77", "guest");
  nowhere.room.kind = RoomKind::kWebrtc;
  EXPECT_ERROR(kRoomNotFound, AddNow(rooms_, nowhere));
}

}  // namespace
}  // namespace rtcroom
