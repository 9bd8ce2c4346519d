#include "daemon/grpc/watch_service.h"

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include "tests/unit/grpc/room_mirror.h"
#include "tests/unit/grpc/watch_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class WatchServiceTest : public WatchFixture {
 protected:
  /// Two events that the feed fails to read.
  void CreateRoomUnread(Errc failure) {
    constexpr std::chrono::milliseconds kNone{0};
    ASSERT_TRUE(Eventually([&] { return hub_->FeedLag() == kNone; }));
    store_.reads_fail_with = failure;
    CreateRoom("r1");
    ASSERT_TRUE(Eventually([&] {
      clock_.Advance(std::chrono::milliseconds(1));
      return hub_->FeedLag() > kNone;
    }));
  }
};

v1::WatchRequest FromEarliest() {
  v1::WatchRequest request;
  request.mutable_earliest();
  return request;
}

TEST_F(WatchServiceTest, SendsEveryKindOfEventInOrder) {
  const auto call = Watch();
  const RoomKey key = CreateRoom("r1", RoomKind::kLive);
  ASSERT_OK(Apply(sqlite_, Adding(key, "guest")));
  ASSERT_OK(Apply(sqlite_, Adding(key, "guest")));
  ASSERT_OK(Apply(sqlite_, Deleting(key, "guest")));
  ASSERT_OK(Apply(sqlite_, Adding(key, "late")));
  ASSERT_OK(Apply(sqlite_, Destroying(key)));

  using Change = v1::Event;
  const std::vector<Change::ChangeCase> expected{
      Change::kRoomCreated,   Change::kPusherAdded,   Change::kPusherAdded,
      Change::kPusherUpdated, Change::kPusherDeleted, Change::kPusherAdded,
      Change::kPusherDeleted, Change::kPusherDeleted, Change::kRoomDestroyed};
  std::uint64_t sequence = 0;
  for (const Change::ChangeCase change : expected) {
    const auto message = call->Next();
    ASSERT_TRUE(message && message->has_event());
    EXPECT_EQ(message->event().change_case(), change);
    EXPECT_EQ(message->event().sequence(), ++sequence);
    EXPECT_EQ(message->event().room().room_id(), "r1");
    EXPECT_EQ(message->event().epoch(), "00112233aabbccdd");
  }
}

TEST_F(WatchServiceTest, StartsWithTheNextChange) {
  CreateRoom("before");
  const auto call = Watch();
  CreateRoom("after");
  EXPECT_EQ(call->NextOrThrow().event().room().room_id(), "after");
}

TEST_F(WatchServiceTest, StartsWithTheOldestRetainedEvent) {
  CreateRoom("r1");
  CreateRoom("r2");
  ASSERT_OK(sqlite_.rooms().TrimEvents({.keep_since = {}, .max_events = 3}));
  const auto call = Watch(FromEarliest());
  EXPECT_TRUE(call->NextOrThrow().event().has_pusher_added());
  EXPECT_EQ(call->NextOrThrow().event().room().room_id(), "r2");
  CreateRoom("r3");
  EXPECT_TRUE(call->NextOrThrow().event().has_pusher_added());
  EXPECT_EQ(call->NextOrThrow().event().room().room_id(), "r3");
}

TEST_F(WatchServiceTest, ResumesAfterAnyCursorDuringChanges) {
  constexpr int kRooms = 600;
  std::jthread writer([&] {
    for (int i = 0; i < kRooms; ++i) CreateRoom("r" + std::to_string(i));
  });
  RoomMirror mirror;
  auto call = Watch(FromEarliest());
  int events = 0;
  for (int read = 0; events < 2 * kRooms; ++read) {
    // A few at first, then increasingly more: some calls end during catch-up, some later.
    for (int i = 0; i < 3 * read && events < 2 * kRooms; ++i) {
      const auto message = call->Next();
      ASSERT_TRUE(message);
      mirror.Apply(*message);
      if (message->has_event()) ++events;
    }
    if (events > 0) call = WatchAfter(mirror.cursor());
  }
  EXPECT_THAT(mirror.faults(), IsEmpty());
  EXPECT_EQ(mirror.Lines(), LinesOf(sqlite_));
}

TEST_F(WatchServiceTest, SendsASnapshotFollowedByChanges) {
  for (int i = 0; i < 500; ++i) CreateRoom("r" + std::to_string(i));
  v1::WatchRequest request;
  request.set_snapshot(true);
  const auto call = Watch(request);
  std::jthread writer([&] {
    for (int i = 0; i < 500; ++i) {
      const RoomKey key = MakeKey(RoomKind::kMulti, "r" + std::to_string(i));
      EXPECT_OK(Apply(sqlite_, Adding(key, "guest")));
    }
  });
  RoomMirror mirror;
  while (!mirror.snapshot_ended()) mirror.Apply(call->NextOrThrow());
  writer.join();
  while (mirror.cursor() != sqlite_.rooms().Newest()->Encode()) mirror.Apply(call->NextOrThrow());
  EXPECT_THAT(mirror.faults(), IsEmpty());
  EXPECT_EQ(mirror.Lines(), LinesOf(sqlite_));
}

TEST_F(WatchServiceTest, SendsOnlyMatchingEvents) {
  v1::WatchRequest request;
  request.add_kinds(v1::ROOM_KIND_LIVE);
  request.add_user_ids("guest");
  const auto call = Watch(request);
  const RoomKey multi = CreateRoom("multi", RoomKind::kMulti);
  const RoomKey live = CreateRoom("live", RoomKind::kLive);
  ASSERT_OK(Apply(sqlite_, Adding(multi, "guest")));
  ASSERT_OK(Apply(sqlite_, Adding(live, "other")));
  ASSERT_OK(Apply(sqlite_, Adding(live, "guest")));
  ASSERT_OK(Apply(sqlite_, Destroying(live)));
  EXPECT_EQ(call->NextOrThrow().event().pusher_added().pusher().user_id(), "guest");
  EXPECT_EQ(call->NextOrThrow().event().pusher_deleted().user_id(), "guest");
}

TEST_F(WatchServiceTest, NamesTheInvalidField) {
  v1::WatchRequest request;
  request.set_cursor("gibberish");
  const grpc::Status status = Watch(request)->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "cursor: not one that was given out");
}

TEST_F(WatchServiceTest, RefusesARequestThatIsTooLong) {
  v1::WatchRequest request;
  for (int i = 0; i < 33'000; ++i) request.add_kinds(v1::ROOM_KIND_LIVE);
  const grpc::Status status = Watch(request)->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "request: too long");
}

TEST_F(WatchServiceTest, RefusesAMalformedRequest) {
  grpc::GenericStub stub(grpc::CreateChannel("127.0.0.1:" + std::to_string(port_),
                                             grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  const grpc::Slice bytes("\xff\xff\xff");
  const grpc::ByteBuffer request(&bytes, 1);
  grpc::ByteBuffer response;
  grpc::CompletionQueue queue;
  const auto call =
      stub.PrepareUnaryCall(&context, "/rtcroom.v1.MembershipNotifier/Watch", request, &queue);
  call->StartCall();
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "request: not a WatchRequest");
}

TEST_F(WatchServiceTest, ReturnsTheNewestCursorIfACursorIsTooOld) {
  CreateRoom("r1");
  CreateRoom("r2");
  ASSERT_OK(sqlite_.rooms().TrimEvents({.keep_since = {}, .max_events = 1}));
  for (const std::string cursor : {"00112233aabbccdd-1", "ffffffffffffffff-4"}) {
    const auto call = WatchAfter(cursor);
    EXPECT_EQ(call->Finish().error_code(), grpc::StatusCode::OUT_OF_RANGE);
    EXPECT_EQ(call->final_cursor(), "00112233aabbccdd-4");
  }
}

TEST_F(WatchServiceTest, SendsKeepAlivesWhenIdle) {
  CreateRoom("r1");
  v1::WatchRequest request;
  request.mutable_keep_alive()->set_seconds(1);
  const auto call = Watch(request);
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(call->NextOrThrow().keep_alive().cursor(), sqlite_.rooms().Newest()->Encode());
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_TRUE(call->NextOrThrow().has_keep_alive());
}

TEST_F(WatchServiceTest, EndsAllStreamsWithTheirCursorsWhenItStops) {
  const auto first = Watch();
  const auto second = Watch();
  CreateRoom("r1");
  const std::string cursor = sqlite_.rooms().Newest()->Encode();
  for (const auto& call : {&first, &second}) {
    (*call)->Next();
    (*call)->Next();
  }
  hub_->Stop();
  for (const auto& call : {&first, &second}) {
    const grpc::Status status = (*call)->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ((*call)->final_cursor(), cursor);
    EXPECT_THAT(status.error_message(), HasSubstr(cursor));
  }
  EXPECT_EQ(hub_->subscribers(), 0U);
  EXPECT_EQ(Watch()->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(WatchServiceTest, EndsAllStreamsWithTheirCursorsWhileItIsCutOff) {
  const auto call = Watch();
  CreateRoom("r1");
  const std::string cursor = sqlite_.rooms().Newest()->Encode();
  call->Next();
  call->Next();
  node_.End();
  const grpc::Status status = call->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("cut off"));
  EXPECT_EQ(call->final_cursor(), cursor);
  EXPECT_EQ(Watch()->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  node_.RenewForGood();
  const auto resumed = WatchAfter(cursor);
  CreateRoom("r2");
  EXPECT_EQ(resumed->NextOrThrow().event().room().room_id(), "r2");
}

TEST_F(WatchServiceTest, KeepsSubscribersDuringAStoreFailure) {
  ASSERT_TRUE(FeedHasBegun());
  const auto call = Watch();
  ASSERT_NO_FATAL_FAILURE(CreateRoomUnread(Errc::kStoreBusy));
  EXPECT_EQ(Watch(FromEarliest())->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  store_.reads_fail_with = std::nullopt;
  EXPECT_TRUE(call->NextOrThrow().event().has_room_created());
  EXPECT_TRUE(call->NextOrThrow().event().has_pusher_added());
}

TEST_F(WatchServiceTest, KeepsSubscribersIfTheFeedHasLostEvents) {
  ASSERT_TRUE(FeedHasBegun());
  const auto call = Watch();
  ASSERT_NO_FATAL_FAILURE(CreateRoomUnread(Errc::kCursorExpired));
  store_.reads_fail_with = std::nullopt;
  EXPECT_TRUE(call->NextOrThrow().event().has_room_created());
  EXPECT_TRUE(call->NextOrThrow().event().has_pusher_added());
}

class SubscriberLimit : public WatchFixture {
 protected:
  SubscriberLimit() : WatchFixture({.max_subscribers = 2}) {}
};

TEST_F(SubscriberLimit, RefusesSubscribersBeyondIt) {
  auto first = Watch();
  const auto second = Watch();
  EXPECT_EQ(hub_->subscribers(), 2U);
  EXPECT_EQ(Watch()->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(hub_->counts().refused, 1U);
  first.reset();
  EXPECT_TRUE(Eventually([&] { return hub_->subscribers() == 1; }));
  const auto third = Watch();
  CreateRoom("r");
  EXPECT_TRUE(third->Next());
}

}  // namespace
}  // namespace rtcroom
