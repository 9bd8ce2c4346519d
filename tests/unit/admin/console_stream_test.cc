// The event stream to a console page.
#include <chrono>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/matchers.h"
#include "tests/support/rooms.h"
#include "tests/unit/admin/console_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const RoomKey kRoom = MakeKey(RoomKind::kMulti, "r1");

class ConsoleStream : public ConsoleFixture {
 protected:
  void Create(const std::string& id = "r1") {
    ASSERT_OK(Apply(rooms_store_, Creating(MakeRoom(RoomKind::kMulti, id))));
  }
  static std::vector<std::string> LinesThatBeginWith(const std::string& start,
                                                     const std::string& text) {
    std::vector<std::string> found;
    std::size_t at = 0;
    while (at < text.size()) {
      const std::size_t end = text.find('\n', at);
      const std::string line = text.substr(at, end - at);
      if (line.starts_with(start)) found.push_back(line.substr(start.size()));
      at = end == std::string::npos ? text.size() : end + 1;
    }
    return found;
  }
  static std::vector<std::string> Types(const RecordedStream& stream) {
    return LinesThatBeginWith("event: ", stream.text());
  }
};

TEST_F(ConsoleStream, SendsEventsInOrder) {
  Create("before");
  const auto stream = OpenStream();
  Create();
  ASSERT_OK(Apply(rooms_store_, Adding(kRoom, "bob")));
  ASSERT_OK(service_.KickPusher({.room = kRoom, .user_id = {"bob"}}));
  ASSERT_OK(service_.DismissRoom(kRoom));
  ASSERT_TRUE(stream->Receives("event: room_destroyed"));
  EXPECT_THAT(Types(*stream), ElementsAre("room_created", "pusher_added", "pusher_added",
                                          "pusher_deleted", "pusher_deleted", "room_destroyed"));
  EXPECT_THAT(stream->text(), Not(HasSubstr("before")));
  const auto data = LinesThatBeginWith("data: ", stream->text());
  const auto ids = LinesThatBeginWith("id: ", stream->text());
  ASSERT_EQ(data.size(), 6U);
  ASSERT_EQ(ids.size(), 6U);
  EXPECT_EQ(json::parse(data[3]), json({{"type", "pusher_deleted"},
                                        {"atMs", clock_.Now().time_since_epoch().count()},
                                        {"kind", "multi"},
                                        {"roomID", "r1"},
                                        {"number", 2},
                                        {"sequence", 4},
                                        {"userID", "bob"},
                                        {"reason", "kicked"},
                                        {"cursor", ids[3]}}));
}

TEST_F(ConsoleStream, EscapesSeparatorsOfLines) {
  const Room room = MakeRoom(RoomKind::kMulti, "r1");
  Pusher creator = MakePusher(room.creator.value);
  creator.user_name = "a\u2028\u2029";
  const auto stream = OpenStream();
  ASSERT_OK(Apply(rooms_store_, {.key = room.key, .edit = [&](const Room* stored) {
                                   return rules::CreateRoom(stored, room, creator, kNoon);
                                 }}));
  ASSERT_TRUE(stream->Receives("event: pusher_added"));
  EXPECT_THAT(stream->text(), HasSubstr(R"("a\u2028\u2029")"));
}

TEST_F(ConsoleStream, ResumesFromACursor) {
  const auto first = OpenStream();
  Create("r1");
  ASSERT_TRUE(first->Receives("pusher_added"));
  const std::string cursor = LinesThatBeginWith("id: ", first->text()).front();
  first->End();
  Create("r2");
  const auto second = OpenStream("after=" + cursor);
  ASSERT_TRUE(second->Receives("r2"));
  ASSERT_TRUE(Eventually([&] { return Types(*second).size() == 3; }));
  EXPECT_THAT(Types(*second), ElementsAre("pusher_added", "room_created", "pusher_added"));
}

TEST_F(ConsoleStream, CatchesUpOverManyPages) {
  for (int i = 0; i < 600; ++i) Create("r" + std::to_string(i));
  const auto stream = OpenStream("after=00000000000000bb-0");
  ASSERT_TRUE(stream->Receives("\"r599\""));
  ASSERT_TRUE(Eventually([&] { return Types(*stream).size() >= 1'200; }));
  EXPECT_EQ(LinesThatBeginWith("id: ", stream->text()).size(), 1'200U);
}

TEST_F(ConsoleStream, SendsAGapMessageForMissedEvents) {
  Create("r1");
  ASSERT_OK(rooms_store_.rooms().TrimEvents({.max_events = 0}));
  for (const char* after :
       {"00000000000000bb-1", "00000000000000cc-1", "00000000000000bb-99", "nonsense"}) {
    const auto stream = OpenStream(std::string("after=") + after);
    ASSERT_TRUE(stream->Receives("id: 00000000000000bb-2\nevent: gap\ndata: {}\n\n")) << after;
    stream->End();
  }
  const auto stream = OpenStream("after=nonsense");
  ASSERT_TRUE(stream->Receives("event: gap"));
  Create("r2");
  ASSERT_TRUE(stream->Receives("event: pusher_added"));
  EXPECT_THAT(Types(*stream), ElementsAre("gap", "room_created", "pusher_added"));
}

TEST_F(ConsoleStream, SendsKeepAliveComments) {
  const auto stream = OpenStream();
  clock_.Advance(14s);
  Create("r1");
  ASSERT_TRUE(stream->Receives("pusher_added"));
  clock_.Advance(14s);
  EXPECT_THAT(stream->text(), Not(HasSubstr("still here")));
  clock_.Advance(1s);
  EXPECT_TRUE(stream->Receives(": still here\n\n"));
}

TEST_F(ConsoleStream, ReadsEventsOnlyAsFastAsTheClient) {
  const auto slow = OpenStream();
  const auto quick = OpenStream();
  slow->SetUnsent(1 << 20);
  Create("r1");  // a round already started may still send it to the slow one
  ASSERT_TRUE(quick->Receives(R"("r1")"));
  Create("r2");
  ASSERT_TRUE(quick->Receives(R"("r2")"));
  EXPECT_THAT(slow->text(), Not(HasSubstr(R"("r2")")));
  slow->SetUnsent(0);
  ASSERT_TRUE(Eventually([&] { return Types(*slow).size() == 4; }));
  EXPECT_THAT(Types(*slow),
              ElementsAre("room_created", "pusher_added", "room_created", "pusher_added"));
}

TEST_F(ConsoleStream, IsLimitedToSixteenAtATime) {
  std::vector<std::shared_ptr<RecordedStream>> streams;
  for (std::size_t i = 0; i < EventStreams::kMaxStreams; ++i) streams.push_back(OpenStream());
  const Answer refused = Get("/console/api/stream");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.json["code"], 6);
  streams.front()->End();
  Create("r1");
  EXPECT_TRUE(OpenStream("after=00000000000000bb-0")->Receives("pusher_added"));
  for (std::size_t i = 1; i < streams.size(); ++i)
    EXPECT_TRUE(streams[i]->Receives("pusher_added"));
}

TEST_F(ConsoleStream, HasHeadersForUnbufferedEventStreams) {
  const auto pending = Send({.method = "GET", .path = "/console/api/stream"});
  ASSERT_TRUE(Eventually([&] { return pending->head().has_value(); }));
  EXPECT_THAT(pending->head()->headers,
              testing::IsSupersetOf(std::vector<std::pair<std::string, std::string>>{
                  {"Content-Type", "text/event-stream"},
                  {"Cache-Control", "no-store"},
                  {"X-Accel-Buffering", "no"}}));
}

TEST_F(ConsoleStream, EscapesLineBreaksInText) {
  const auto stream = OpenStream();
  CreateRoomCommand command = ServiceFixture::Create("r1", "amy");
  command.profile.user_name = "x\n\nevent: gap\ndata: {}\n\n";
  ASSERT_OK(CreateNow(service_, command));
  ASSERT_TRUE(stream->Receives("pusher_added"));
  EXPECT_THAT(Types(*stream), ElementsAre("room_created", "pusher_added"));
}

TEST_F(ConsoleStream, EndsWithAllStreamsAndCanBeReopened) {
  auto stream = OpenStream();
  const std::weak_ptr<RecordedStream> watched = stream;
  stream.reset();
  console_.EndStreams();
  EXPECT_TRUE(Eventually([&] { return watched.expired(); })) << "a round may hold it briefly";
  const auto again = OpenStream();
  Create();
  EXPECT_TRUE(again->Receives("room_created"));
}

TEST_F(ConsoleStream, IsNotOpenedForAReplacedToken) {
  CommitSignal commits;
  EventStreams streams(
      {.log = rooms_store_.rooms(), .commits = commits, .clock = clock_, .logger = logger_});
  const auto pending = std::make_shared<RecordedAnswer>();
  AdminResponder responder = ResponderTo(pending, clock_, logger_);
  EXPECT_ERROR(kUnauthorized, streams.Open(responder, std::nullopt, [] { return false; }));
  EXPECT_FALSE(pending->head().has_value());
  EXPECT_EQ(streams.size(), 0U);
  // Access that ends right after its check.
  EXPECT_OK(streams.Open(responder, std::nullopt, [&] {
    streams.EndAll();
    return true;
  }));
  EXPECT_EQ(streams.size(), 0U);
  EXPECT_EQ(pending->stream(), nullptr);
}

TEST_F(ConsoleStream, OccupiesNoSlotIfOpeningFails) {
  struct Failing : RecordedReply {
    std::shared_ptr<StreamedReply> Open(std::uint32_t, HttpReply, StreamedReply::OnEnd) override {
      throw std::bad_alloc();
    }
  };
  CommitSignal commits;
  EventStreams streams(
      {.log = rooms_store_.rooms(), .commits = commits, .clock = clock_, .logger = logger_});
  AdminResponder responder = ResponderTo(std::make_shared<Failing>(), clock_, logger_);
  EXPECT_THROW((void)streams.Open(responder, std::nullopt, [] { return true; }), std::bad_alloc);
  EXPECT_EQ(streams.size(), 0U);
}

TEST_F(ConsoleStream, EndsWhenTheConsoleStops) {
  auto stream = OpenStream();
  const std::weak_ptr<RecordedStream> watched = stream;
  stream.reset();
  EXPECT_FALSE(watched.expired());
  console_.Stop();
  EXPECT_TRUE(watched.expired());
  EXPECT_EQ(Get("/console/api/stream").status, 503);
}

}  // namespace
}  // namespace rtcroom
