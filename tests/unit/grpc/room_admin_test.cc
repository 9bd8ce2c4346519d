#include "daemon/grpc/room_admin.h"

#include <future>
#include <string>
#include <thread>
#include <vector>

#include "daemon/grpc/call_status.h"
#include "tests/unit/grpc/grpc_fixture.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class RoomAdminTest : public GrpcTest {
 protected:
  void SetUp() override { ASSERT_OK(Start(Options())); }
  ~RoomAdminTest() override { Release(); }

  std::unique_ptr<v1::RoomAdmin::Stub> Stub() { return v1::RoomAdmin::NewStub(Connect()); }

  template <typename Request, typename Response>
  static grpc::Status Call(v1::RoomAdmin::Stub& stub,
                           grpc::Status (v1::RoomAdmin::Stub::*method)(grpc::ClientContext*,
                                                                       const Request&, Response*),
                           const Request& request, Response* response) {
    grpc::ClientContext context;
    SetDeadline(context);
    return (stub.*method)(&context, request, response);
  }

  static v1::RoomRef Ref(const std::string& id) {
    v1::RoomRef ref;
    ref.set_kind(v1::ROOM_KIND_MULTI);
    ref.set_room_id(id);
    return ref;
  }

  /// Keeps all callers of the pool busy.
  void Hold() {
    const std::shared_future<void> released = release_.get_future().share();
    for (std::size_t i = 0; i < RoomAdmin::kPool.callers; ++i) {
      ASSERT_TRUE(pool_.TrySubmit({.run = [released] { released.wait(); }, .expired = [] {}}));
    }
  }
  void Release() {
    if (!std::exchange(is_released_, true)) release_.set_value();
  }

 private:
  std::promise<void> release_;
  bool is_released_ = false;
};

TEST_F(RoomAdminTest, AnswersEachOfItsMethods) {
  const auto stub = Stub();
  ASSERT_OK(CreateRoom(Create("r1", "u1")));
  ASSERT_OK(AddNow(rooms_, Add(Key("r1"), "u2")));

  v1::GetRoomRequest get;
  *get.mutable_room() = Ref("r1");
  v1::GetRoomResponse got;
  EXPECT_THAT(Call(*stub, &v1::RoomAdmin::Stub::GetRoom, get, &got), HasCode(grpc::OK));
  EXPECT_EQ(got.room().pushers_size(), 2);

  v1::ListRoomsResponse listed;
  EXPECT_THAT(Call(*stub, &v1::RoomAdmin::Stub::ListRooms, {}, &listed), HasCode(grpc::OK));
  EXPECT_EQ(listed.rooms_size(), 1);

  v1::DeletePusherRequest kick;
  *kick.mutable_room() = Ref("r1");
  kick.set_user_id("u2");
  kick.mutable_ban()->set_seconds(60);
  v1::DeletePusherResponse kicked;
  EXPECT_THAT(Call(*stub, &v1::RoomAdmin::Stub::DeletePusher, kick, &kicked), HasCode(grpc::OK));
  EXPECT_TRUE(kicked.was_pusher());
  EXPECT_TRUE(kicked.has_banned_until());

  v1::ListRecordingsResponse recordings;
  EXPECT_THAT(Call(*stub, &v1::RoomAdmin::Stub::ListRecordings, {}, &recordings),
              HasCode(grpc::OK));
  v1::GetServerInfoResponse info;
  EXPECT_THAT(Call(*stub, &v1::RoomAdmin::Stub::GetServerInfo, {}, &info), HasCode(grpc::OK));
  EXPECT_EQ(info.pushers(), 1u);

  v1::DestroyRoomRequest destroy;
  *destroy.mutable_room() = Ref("r1");
  v1::DestroyRoomResponse destroyed;
  EXPECT_THAT(Call(*stub, &v1::RoomAdmin::Stub::DestroyRoom, destroy, &destroyed),
              HasCode(grpc::OK));
  EXPECT_THAT(Call(*stub, &v1::RoomAdmin::Stub::DestroyRoom, destroy, &destroyed),
              HasCode(grpc::NOT_FOUND));
  EXPECT_THAT(Call(*stub, &v1::RoomAdmin::Stub::GetRoom, get, &got), HasCode(grpc::NOT_FOUND));
}

TEST_F(RoomAdminTest, AnswersNoCallsWhileItIsCutOff) {
  ASSERT_OK(CreateRoom(Create("r1", "u1")));
  node_.End();
  v1::DestroyRoomRequest destroy;
  *destroy.mutable_room() = Ref("r1");
  v1::DestroyRoomResponse destroyed;
  const auto stub = Stub();
  EXPECT_THAT(Call(*stub, &v1::RoomAdmin::Stub::DestroyRoom, destroy, &destroyed),
              HasCode(grpc::UNAVAILABLE));
  node_.RenewForGood();
  EXPECT_THAT(Call(*stub, &v1::RoomAdmin::Stub::DestroyRoom, destroy, &destroyed),
              HasCode(grpc::OK));
}

TEST_F(RoomAdminTest, ReportsInvalidRequests) {
  v1::GetRoomRequest get;
  *get.mutable_room() = Ref("no good");
  v1::GetRoomResponse got;
  const grpc::Status status = Call(*Stub(), &v1::RoomAdmin::Stub::GetRoom, get, &got);
  EXPECT_THAT(status, HasCode(grpc::INVALID_ARGUMENT));
  EXPECT_THAT(status.error_message(), HasSubstr("room.room_id: "));
}

TEST_F(RoomAdminTest, HidesInternalErrorDetails) {
  ASSERT_OK(CreateRoom(Create("r1", "u1")));
  store_.broken = true;
  v1::DestroyRoomRequest destroy;
  *destroy.mutable_room() = Ref("r1");
  v1::DestroyRoomResponse destroyed;
  const grpc::Status status = Call(*Stub(), &v1::RoomAdmin::Stub::DestroyRoom, destroy, &destroyed);
  EXPECT_THAT(status, HasCode(grpc::UNAVAILABLE)) << "another node may do it";
  EXPECT_THAT(status.error_message(), Not(HasSubstr("disk full")));
  EXPECT_THAT(Log(), HasSubstr("disk full")) << "only the log contains it";
}

TEST_F(RoomAdminTest, RefusesCallsBeyondTheQueueLimit) {
  Hold();
  const auto stub = Stub();
  std::atomic<std::size_t> refused{0};
  std::vector<std::future<grpc::Status>> calls;
  for (std::size_t i = 0; i < RoomAdmin::kPool.max_waiting + 1; ++i) {
    calls.push_back(std::async(std::launch::async, [&] {
      v1::GetServerInfoResponse info;
      const grpc::Status status = Call(*stub, &v1::RoomAdmin::Stub::GetServerInfo, {}, &info);
      if (!status.ok()) ++refused;
      return status;
    }));
  }
  EXPECT_TRUE(Eventually([&] { return refused > 0; }));
  Release();
  for (std::future<grpc::Status>& call : calls) {
    const grpc::Status status = call.get();
    if (!status.ok()) {
      EXPECT_THAT(status, HasCode(grpc::RESOURCE_EXHAUSTED));
    }
  }
  EXPECT_EQ(refused, 1u);
  EXPECT_TRUE(Eventually([&] { return admin_.calls_at_work() == 0; }));
}

TEST_F(RoomAdminTest, SkipsCancelledCalls) {
  ASSERT_OK(CreateRoom(Create("r1", "u1")));
  Hold();
  v1::DestroyRoomRequest destroy;
  *destroy.mutable_room() = Ref("r1");
  v1::DestroyRoomResponse destroyed;
  grpc::ClientContext context;
  const auto stub = Stub();
  auto call = std::async(std::launch::async,
                         [&] { return stub->DestroyRoom(&context, destroy, &destroyed); });
  ASSERT_TRUE(Eventually([&] { return admin_.calls_at_work() == 1; }));
  context.TryCancel();
  EXPECT_THAT(call.get(), HasCode(grpc::CANCELLED));
  ASSERT_TRUE(Eventually([&] { return Log().find("grpc_call_cancelled") != std::string::npos; }));
  Release();
  ASSERT_TRUE(Eventually([&] { return admin_.calls_at_work() == 0; }));
  EXPECT_THAT(UsersIn(Key("r1")), Not(IsEmpty()));
}

TEST(CallStatus, HasAMessageForEveryError) {
  for (std::size_t i = 0; i < kErrcCount; ++i) {
    const grpc::Status status = StatusOf(Error{static_cast<Errc>(i), "our own words"});
    EXPECT_NE(status.error_code(), grpc::OK);
    EXPECT_EQ(status.error_message() == "our own words", static_cast<Errc>(i) == Errc::kBadRequest);
    EXPECT_THAT(status.error_message(), Not(IsEmpty()));
  }
}

TEST(CallStatus, IsUnknownOnlyWhereTheOutcomeIs) {
  for (std::size_t i = 0; i < kErrcCount; ++i) {
    const auto failure = static_cast<Errc>(i);
    EXPECT_EQ(StatusOf(Error{failure, {}}).error_code() == grpc::UNKNOWN,
              failure == Errc::kOutcomeUnknown)
        << failure;
  }
}

}  // namespace
}  // namespace rtcroom
