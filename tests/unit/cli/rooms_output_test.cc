#include "daemon/cli/rooms_output.h"

#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace rtcroom {
namespace {

using testing::HasSubstr;
using testing::Not;

v1::Room ARoom() {
  v1::Room room;
  room.mutable_room()->set_kind(v1::ROOM_KIND_MULTI);
  room.mutable_room()->set_room_id("r1");
  room.set_dialect(v1::DIALECT_GEN2);
  room.set_creator("u1");
  room.set_room_info("evil \x1b[31m name");
  room.mutable_created_at()->set_seconds(1'700'000'000);
  v1::Pusher& pusher = *room.add_pushers();
  pusher.set_user_id("u1");
  pusher.set_user_name("evil \x1b[31m too");
  return room;
}

TEST(RoomsText, PrintsARoomAsText) {
  std::ostringstream line;
  PrintRoomLine(ARoom(), line);
  EXPECT_THAT(line.str(), testing::MatchesRegex("multi +r1 +1 +2023-11-14T22:13:20Z +u1 .*\n"));
  std::ostringstream whole;
  PrintRoom(ARoom(), whole);
  EXPECT_THAT(whole.str(), HasSubstr("gen-2"));
  EXPECT_THAT(whole.str(), HasSubstr("evil \\u001b[31m too"));
  EXPECT_THAT(line.str() + whole.str(), Not(HasSubstr("\x1b")));
}

TEST(RoomsText, TellsWhyAMemberIsKept) {
  v1::Room room = ARoom();
  v1::PusherSigns& signs = *room.mutable_pushers(0)->mutable_signs();
  signs.mutable_silent_for()->set_seconds(3);
  const auto text = [&room] {
    std::ostringstream whole;
    PrintRoom(room, whole);
    return whole.str();
  };
  EXPECT_THAT(text(), HasSubstr(" last heartbeat 3 s ago\n"));
  signs.set_stream(v1::STREAM_STATE_ON);
  signs.mutable_stream_lasting()->set_seconds(40);
  EXPECT_THAT(text(), HasSubstr(" last heartbeat 3 s ago, stream on since 40 s\n"));
  signs.set_stream(v1::STREAM_STATE_OFF);
  EXPECT_THAT(text(), HasSubstr(" last heartbeat 3 s ago, stream off since 40 s\n"));
  signs.set_stream(v1::STREAM_STATE_NONE);
  EXPECT_THAT(text(), HasSubstr(" last heartbeat 3 s ago, no stream\n"));
  signs.set_stream(v1::STREAM_STATE_UNKNOWN);
  EXPECT_THAT(text(), HasSubstr("the media server does not answer\n"));
}

TEST(RoomsText, PrintsARoomAsJson) {
  const std::string json = JsonLine(ARoom());
  EXPECT_EQ(json.find('\n'), json.size() - 1);
  const auto room = nlohmann::json::parse(json);
  EXPECT_EQ(room["room"]["room_id"], "r1");
  EXPECT_EQ(room["room_info"], "evil \x1b[31m name");
  EXPECT_THAT(json, Not(HasSubstr("\x1b")));
}

TEST(RoomsText, ClampsTimesOutsideTheCalendar) {
  google::protobuf::Timestamp time;
  time.set_seconds(INT64_MAX);
  EXPECT_EQ(TimeText(time), "9999-12-31T23:59:59Z");
  v1::Room room = ARoom();
  *room.mutable_created_at() = time;
  EXPECT_THAT(JsonLine(room), Not(HasSubstr("9223372036854775807")));
}

}  // namespace
}  // namespace rtcroom
