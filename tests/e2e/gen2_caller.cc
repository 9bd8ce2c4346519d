#include "tests/e2e/gen2_caller.h"

#include <algorithm>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rtcroom {
namespace {

constexpr std::size_t kMostBeats = 20;
constexpr std::size_t kMostLooks = 300;
/// One in this many calls is sent twice.
constexpr std::size_t kRepeats = 6;

/// The planned silence: the caller sends no call from here on.
struct FallsSilent {};

bool IsOneOf(std::string_view endpoint, std::initializer_list<std::string_view> endpoints) {
  return std::ranges::find(endpoints, endpoint) != endpoints.end();
}

bool IsWebrtc(CallerRole role) {
  return role == CallerRole::kWebrtcHost || role == CallerRole::kWebrtcGuest;
}

}  // namespace

Caller::Caller(const ServerProcess& server, CallerPlan plan)
    : plan_(std::move(plan)),
      random_(plan_.seed),
      // webrtc rooms have no login.
      client_(IsWebrtc(plan_.role) ? Gen2Client(server.Https(), plan_.user_id, plan_.kind)
                                   : LoggedIn(server, plan_.user_id, plan_.kind, plan_.form)) {}

void Caller::Run() {
  try {
    ProceedAsRole();
  } catch (const FallsSilent&) {
    fell_silent_ = true;
  }
}

void Caller::ProceedAsRole() {
  switch (plan_.role) {
    case CallerRole::kVideoHost:
      return HostVideo();
    case CallerRole::kVideoGuest:
      return JoinVideo();
    case CallerRole::kLiveHost:
      return HostLive();
    case CallerRole::kViewer:
      return Watch(/*with_link_mic=*/false);
    case CallerRole::kLinkMic:
      return Watch(/*with_link_mic=*/true);
    case CallerRole::kWebrtcHost:
      return HostWebrtc();
    case CallerRole::kWebrtcGuest:
      return JoinWebrtc();
  }
}

void Caller::HostVideo() {
  Say("create_room", PrepareBody(plan_.user_id, plan_.room_id), {kOk, kIdTaken});
  GetPushUrl();
  Join();
  Beat("pusher_heartbeat", plan_.room_id);
  Say("get_pushers", RoomBody(plan_.room_id), {kOk, kNoSuchRoom});
  Say("delete_pusher", MemberBody(plan_.room_id, plan_.user_id), {kOk, kNoSuchMember});
}

void Caller::JoinVideo() {
  if (!FindRoom()) return;
  GetPushUrl();
  Join();
  Beat("pusher_heartbeat", plan_.room_id);
  Say("get_pushers", RoomBody(plan_.room_id), {kOk, kNoSuchRoom});
  Say("delete_pusher", MemberBody(plan_.room_id, plan_.user_id), {kOk, kNoSuchMember});
}

void Caller::HostLive() {
  GetPushUrl();
  Say("create_room", PrepareBody(plan_.user_id, plan_.room_id), {kOk, kIdTaken});
  Join();
  Beat("pusher_heartbeat", plan_.room_id);
  Say("set_custom_field", SetBody(plan_.room_id, "title", plan_.user_id), {kOk, kNoSuchRoom});
  Beat("pusher_heartbeat", plan_.room_id);
  const ApiReply ended =
      Say("destroy_room", MemberBody(plan_.room_id, plan_.user_id), {kOk, kNoSuchRoom});
  // Another caller may have created a room of that name meanwhile, with this one as a member.
  if (ended.code() != kOk) {
    Say("delete_pusher", MemberBody(plan_.room_id, plan_.user_id), {kOk, kNoSuchMember});
  }
}

void Caller::Watch(bool with_link_mic) {
  if (!FindRoom()) return;
  Say("add_audience", AudienceBody(plan_.room_id, plan_.user_id), {kOk, kNoSuchRoom});
  Say("set_custom_field", CountBody(plan_.room_id, "likes"), {kOk, kNoSuchRoom});
  Say("get_audiences", RoomBody(plan_.room_id), {kOk});
  if (with_link_mic) {
    GetPushUrl();
    Join();
    Beat("pusher_heartbeat", plan_.room_id);
    Say("delete_pusher", MemberBody(plan_.room_id, plan_.user_id), {kOk, kNoSuchMember});
  }
  Say("delete_pusher", MemberBody(plan_.room_id, plan_.user_id), {kNoSuchMember});
  Say("delete_audience", MemberBody(plan_.room_id, plan_.user_id), {kOk});
}

void Caller::HostWebrtc() {
  const ApiReply made = SayOnce(
      "create_room",
      {{"userID", plan_.user_id}, {"roomInfo", "a room"}, {"roomType", plan_.room_id}}, {kOk});
  const std::string room = made.Text("roomID");
  EXPECT_THAT(room, testing::MatchesRegex("[1-9][0-9]{0,9}"));
  CountCall();
  Beat("heartbeat", room);
  Say("get_room_members", RoomBody(room), {kOk, kNoSuchRoom});
  Say("quit_room", MemberBody(room, plan_.user_id), {kOk});
}

void Caller::JoinWebrtc() {
  std::string room;
  for (std::size_t look = 0; look < kMostLooks && room.empty(); ++look) {
    const ApiReply list =
        SayOnce("get_room_list", {{"index", 0}, {"count", 20}, {"roomType", plan_.room_id}}, {kOk});
    const auto rooms = list.json.value("rooms", nlohmann::json::array());
    if (!rooms.empty()) room = rooms[0].value("roomID", "");
  }
  if (room.empty()) return;
  Say("enter_room", MemberBody(room, plan_.user_id), {kOk, kNoSuchRoom, kRoomIsFull});
  Beat("heartbeat", room);
  Say("get_room_members", RoomBody(room), {kOk, kNoSuchRoom});
  Say("quit_room", MemberBody(room, plan_.user_id), {kOk});
}

ApiReply Caller::Say(const char* endpoint, const nlohmann::json& body, Codes expected) {
  ApiReply reply = SayOnce(endpoint, body, expected);
  if (Draw(kRepeats) == 0) {
    SayOnce(endpoint, body, {kOk, kNoSuchRoom, kNoSuchMember, kRoomIsFull, kIdTaken});
  }
  CountCall();
  return reply;
}

ApiReply Caller::SayOnce(const char* endpoint, const nlohmann::json& body, Codes expected) {
  const auto sent = std::chrono::steady_clock::now();
  ApiReply reply = client_.Call(endpoint, body);
  EXPECT_THAT(expected, testing::Contains(reply.code()))
      << plan_.user_id << " " << endpoint << " " << body << ": " << reply;
  NotePause(endpoint, reply.code(), sent);
  return reply;
}

void Caller::NotePause(std::string_view endpoint, int code,
                       std::chrono::steady_clock::time_point sent) {
  if (renewed_at_) {
    longest_pause_ = std::max(longest_pause_, std::chrono::steady_clock::now() - *renewed_at_);
  }
  // The creator of a webrtc room is a member of it.
  if (IsOneOf(endpoint, {"add_pusher", "pusher_heartbeat", "enter_room", "heartbeat"}) ||
      (IsWebrtc(plan_.role) && endpoint == "create_room")) {
    renewed_at_ = sent;
  } else if (code == kOk && IsOneOf(endpoint, {"delete_pusher", "destroy_room", "quit_room"})) {
    renewed_at_.reset();
  }
}

void Caller::CountCall() {
  if (++calls_ >= plan_.last_call) throw FallsSilent();
}

bool Caller::FindRoom() {
  for (std::size_t look = 0; look < kMostLooks; ++look) {
    const ApiReply reply = SayOnce("get_pushers", RoomBody(plan_.room_id), {kOk, kNoSuchRoom});
    if (reply.code() == kOk) return true;
  }
  return false;
}

void Caller::GetPushUrl() {
  push_url_ = Say("get_push_url", {{"userID", plan_.user_id}, {"roomID", plan_.room_id}}, {kOk})
                  .Text("pushURL");
}

void Caller::Join() {
  nlohmann::json body = PusherBody(plan_.room_id, plan_.user_id);
  body["pushURL"] = push_url_;
  Say("add_pusher", body, {kOk, kRoomIsFull});
}

void Caller::Beat(const char* endpoint, const std::string& room) {
  for (std::size_t beats = Draw(kMostBeats); beats > 0; --beats) {
    SayOnce(endpoint, MemberBody(room, plan_.user_id), {kOk, kNoSuchMember});
    CountCall();
  }
}

std::size_t Caller::Draw(std::size_t choices) {
  return std::uniform_int_distribution<std::size_t>(0, choices - 1)(random_);
}

}  // namespace rtcroom
