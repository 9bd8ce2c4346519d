#include "tests/e2e/room_follower.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/e2e/channel_caller.h"
#include "tests/support/eventually.h"

namespace rtcroom {
namespace {

using nlohmann::json;

constexpr const char* kMessage = "message ";

bool IsMessage(const std::string& summary) { return summary.starts_with(kMessage); }

}  // namespace

std::string SummaryOf(const json& event) {
  for (const auto& [name, value] : event.items()) {
    if (!value.is_object()) continue;
    std::string summary = name;
    for (const char* const member :
         {"seq", "userID", "from", "type", "cmd", "body", "reason", "newCreator"}) {
      if (!value.contains(member)) continue;
      const json& text = value[member];
      summary += " " + (text.is_string() ? text.get<std::string>() : text.dump());
    }
    return summary;
  }
  return event.dump();
}

std::vector<std::string> MessagesIn(const std::vector<std::string>& summaries) {
  std::vector<std::string> messages;
  std::ranges::copy_if(summaries, std::back_inserter(messages), IsMessage);
  return messages;
}

std::vector<std::string> ChangesIn(const std::vector<std::string>& summaries) {
  std::vector<std::string> changes;
  std::ranges::remove_copy_if(summaries, std::back_inserter(changes), IsMessage);
  return changes;
}

RoomFollower::RoomFollower(const ServerProcess& server, json login, json room)
    : address_(fmt::format("127.0.0.1:{}", server.PortOf("https"))),
      trusted_(server.certificate()),
      login_(std::move(login)),
      room_(std::move(room)),
      user_(login_.at("userID")) {}

bool RoomFollower::Resume() {
  return Eventually([this] { return TryToResume(); });
}

bool RoomFollower::TryToResume() {
  client_.reset();
  try {
    client_ = std::make_unique<WebSocketClient>(address_, trusted_);
  } catch (const std::runtime_error&) {
    return false;  // the server restarts
  }
  const json connected = client_->Ask("connect", login_);
  if (connected.contains("userID")) return Subscribe();
  client_.reset();
  return false;
}

bool RoomFollower::Subscribe() {
  json request = room_;
  if (!cursor_.empty()) request["cursor"] = cursor_;
  reply_ = Ask("subscribe", request);
  if (reply_.contains("error") && reply_["error"]["code"] == kNoSuchGroup) {
    has_ended_ = true;
    return true;
  }
  if (!reply_.contains("cursor")) return false;
  EXPECT_EQ(reply_["recovered"], !cursor_.empty()) << user_ << ": " << reply_;
  for (const json& event : reply_.value("events", json::array())) Take(event);
  if (!cursor_.empty()) {
    EXPECT_EQ(reply_["cursor"], cursor_) << user_;
  }
  cursor_ = reply_["cursor"];
  return true;
}

void RoomFollower::Unsubscribe() {
  (void)Ask("unsubscribe", room_);
  while (client_ && client_->has_push()) (void)ReadOne();
}

bool RoomFollower::ReadUpTo(std::size_t events) {
  constexpr int kMostSilences = 4;
  int silences = 0;
  while (seen_.size() < events) {
    if (has_ended_) return false;
    const std::size_t before = seen_.size();
    if (!client_ && !Resume()) return false;
    if (seen_.size() >= events) return true;
    if (!ReadOne()) {
      client_.reset();
      if (seen_.size() == before && ++silences == kMostSilences) return false;
    }
  }
  return true;
}

void RoomFollower::ReadWaiting() {
  if (!client_ || Ask("ping").contains("closed")) return;
  while (client_ && client_->has_push()) (void)ReadOne();
}

bool RoomFollower::ReadOne() {
  const json push = client_->NextPush();
  if (push.is_null()) return false;
  if (push.contains("event")) {
    Take(push["event"]);
  } else {
    others_.push_back(push);
  }
  return true;
}

void RoomFollower::Take(const json& event) {
  seen_.push_back(SummaryOf(event));
  cursor_ = event.at("cursor");
  if (event.contains("room_destroyed")) has_ended_ = true;
}

int RoomFollower::SendText(const std::string& text, const std::string& key) {
  json request = room_;
  request.update({{"type", "text"}, {"body", text}, {"nick", "n"}, {"avatar", "p"}});
  if (!key.empty()) request["key"] = key;
  const json reply = Ask("send", request);
  if (reply.contains("error")) return reply["error"]["code"];
  return reply.contains("seq") ? 0 : -1;
}

json RoomFollower::Ask(const std::string& verb, const json& body) {
  if (!client_) return {{"closed", 0}};
  json reply = client_->Ask(verb, body);
  // The pushes that came before are sent again after the cursor.
  if (reply.contains("closed")) client_.reset();
  return reply;
}

}  // namespace rtcroom
