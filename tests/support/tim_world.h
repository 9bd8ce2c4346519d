// The commands of today's IM SDKs, of accounts that are logged in, on a store of its own.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/core/lease_table.h"
#include "daemon/core/room_service.h"
#include "handlers/channel/channel_fields.h"
#include "handlers/shared/request_text.h"
#include "handlers/tim/tim_commands.h"
#include "tests/support/channel_fixture.h"
#include "tests/support/counting_ids.h"
#include "tests/support/forwarded_messages.h"

namespace rtcroom::tim {

inline const RoomKey kMeeting = MakeKey(RoomKind::kMulti, "meet_1");
inline const std::int64_t kStart = UnixSeconds(kNoon);

/// Counts the messages that are read of pairs of accounts.
class CountedMessages : public ForwardedMessages {
 public:
  explicit CountedMessages(MessageStore& messages) : messages_(messages) {}

  Result<std::vector<StoredMessage>> ReadDirectMessages(const UserId& one, const UserId& other,
                                                        std::optional<std::uint64_t> before,
                                                        std::size_t limit) override {
    auto read = ForwardedMessages::ReadDirectMessages(one, other, before, limit);
    if (read) direct_read += read->size();
    return read;
  }

  std::size_t direct_read = 0;

 private:
  MessageStore& target() override { return messages_; }

  MessageStore& messages_;
};

class TimWorld {
 public:
  /// The body of a reply; of a failure an object with its `code`.
  nlohmann::json Call(Handler handler, const std::string& account, const nlohmann::json& body) {
    const nlohmann::ordered_json ordered = nlohmann::ordered_json::parse(body.dump());
    ChannelFields fields(ordered);
    const Reply reply =
        handler({.caller = CallerOf(account), .fields = fields, .address = address}, context);
    if (const auto* const failure = std::get_if<Failure>(&reply)) return {{"code", failure->code}};
    return nlohmann::json::parse("{" + std::string(std::get<JsonText>(reply).text()) + "}");
  }

  const ChannelInstance& CallerOf(const std::string& account) {
    const auto found = callers_.find(account);
    if (found != callers_.end()) return found->second;
    const auto client = server.LogIn(account);
    return callers_[account] = *server.channel.logins().Authenticate(client.tiny_id, client.a2);
  }

  static nlohmann::json TextBody(const std::string& text) {
    return nlohmann::json::array({{{"MsgType", "TIMTextElem"}, {"MsgContent", {{"Text", text}}}}});
  }
  MessageContent Content(const std::string& sender, std::chrono::milliseconds at) {
    ++numbers_;
    return {.sender = {sender},
            .client_seq = numbers_,
            .client_random = numbers_ + 1000,
            .body = TextBody(std::to_string(numbers_)).dump(),
            .sent_at = kNoon + at,
            .is_unguarded = true};
  }
  /// Stores a message whose text is its number, from 1 on.
  void Write(const std::string& from, const std::string& to, std::chrono::milliseconds at) {
    (void)server.store.messages().AppendMessage({.receiver = {to}, .content = Content(from, at)});
  }
  void WriteInRoom(const RoomKey& key, const std::string& from, std::chrono::milliseconds at) {
    (void)server.store.messages().AppendMessage(
        {.room_number = NumberOf(key), .content = Content(from, at)});
  }
  std::uint64_t NumberOf(const RoomKey& key) { return server.store.rooms().Load(key)->sequence; }

  /// @param is_of_login  only this login is in the group.
  void Join(const RoomKey& key, const std::string& account, bool is_of_login = false) {
    const AccountGroupChange change{
        .group = {.account = {account},
                  .instance = is_of_login ? CallerOf(account).instance : 0,
                  .room_number = NumberOf(key),
                  .room = key,
                  .joined_at = kNoon,
                  .expires = is_of_login ? kNoon + std::chrono::hours(24) : TimePoint::max()}};
    (void)server.store.accounts().RecordAccountGroups({&change, 1});
  }

  /// The events that accounts were told since the last call, by account.
  std::vector<std::pair<std::string, nlohmann::json>> Told() {
    std::vector<std::pair<std::string, nlohmann::json>> told;
    for (const PushNotice& notice : server.receivers.notices().Take()) {
      told.emplace_back(notice.user_id.value,
                        nlohmann::json::parse(EventOf(notice, server.channel.tokens())));
    }
    return told;
  }

  ChannelFixture server;
  CountingIds ids;
  LeaseTable leases{server.clock, std::chrono::seconds(20)};
  /// `Context::maker` where users may create groups.
  RoomService maker{{.store = server.store.rooms(),
                     .ban_store = server.store.bans(),
                     .bans = server.bans,
                     .leases = leases,
                     .streams = server.streams,
                     .clock = server.clock,
                     .ids = ids},
                    {},
                    server.logger};
  CountedMessages history{server.store.messages()};
  const std::string address = "192.0.2.1";
  const Context context{.socket = server.socket_deps(),
                        .channel = server.channel,
                        .history = history,
                        .accounts = server.store.accounts(),
                        .places = server.channel.places(),
                        .created = server.created,
                        .verifier = *server.verifier,
                        .sdk_app_id = "1400000001"};

 private:
  std::map<std::string, ChannelInstance> callers_;
  std::uint64_t numbers_ = 0;
};

/// The texts of a list of messages.
inline std::vector<std::string> TextsOf(const nlohmann::json& messages) {
  std::vector<std::string> texts;
  for (const nlohmann::json& message : messages) {
    texts.push_back(message["MsgBody"][0]["MsgContent"]["Text"]);
  }
  return texts;
}

}  // namespace rtcroom::tim
