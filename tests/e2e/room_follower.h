// A new client of the message channel that follows one room with its cursor, over connections.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/e2e/web_socket_client.h"
#include "tests/support/server_process.h"

namespace rtcroom {

/// An event of a room in words: "pusher_added u1", "pusher_deleted u1 left",
/// "room_destroyed dismissed", "message 3 u0 text hello".
std::string SummaryOf(const nlohmann::json& event);
/// The messages among them.
std::vector<std::string> MessagesIn(const std::vector<std::string>& summaries);
/// Those that are no messages.
std::vector<std::string> ChangesIn(const std::vector<std::string>& summaries);

/// Connects again when its connection has ended, and goes on with its cursor. Records everything as
/// it came, so that a gap or a repetition shows.
///
/// @threads for one thread.
class RoomFollower {
 public:
  /// @param login  the fields of `connect`.
  /// @param room   `kind` and `roomID`.
  RoomFollower(const ServerProcess& server, nlohmann::json login, nlohmann::json room);

  /// Connects and subscribes; records what it has missed. Every reply but the first must be
  /// recovered, unless the room has ended.
  /// @return false when the server does not let it within `kWaitTimeout`.
  bool Resume();
  /// Ends the connection without a close frame.
  void Cut() { client_.reset(); }
  /// Ends the subscription, and records what came before.
  void Unsubscribe();
  /// Subscribes on the same connection.
  bool Subscribe();

  /// Reads until so many events are recorded.
  bool ReadUpTo(std::size_t events);
  /// Reads what has been sent before the reply to a `ping`.
  void ReadWaiting();
  /// @return the ErrorCode; 0 when it is acknowledged, -1 without an answer.
  /// @param key  the message is sent once, however often this is repeated.
  int SendText(const std::string& text, const std::string& key = {});
  /// A request of the connection; `closed` when that has ended.
  nlohmann::json Ask(const std::string& verb,
                     const nlohmann::json& body = nlohmann::json::object());

  [[nodiscard]] const std::string& user() const { return user_; }
  /// In the order in which they came.
  [[nodiscard]] const std::vector<std::string>& seen() const { return seen_; }
  [[nodiscard]] const std::string& cursor() const { return cursor_; }
  /// Of the newest `subscribe`.
  [[nodiscard]] const nlohmann::json& reply() const { return reply_; }
  /// The room has ended, as an event or a refusal said.
  [[nodiscard]] bool has_ended() const { return has_ended_; }
  /// Pushes that were no events.
  [[nodiscard]] const std::vector<nlohmann::json>& others() const { return others_; }

 private:
  bool TryToResume();
  void Take(const nlohmann::json& event);
  /// Records the next push. @return false when the connection has ended, or is silent for long.
  bool ReadOne();

  const std::string address_;
  const std::filesystem::path trusted_;
  const nlohmann::json login_;
  const nlohmann::json room_;
  const std::string user_;
  std::unique_ptr<WebSocketClient> client_;
  std::string cursor_;
  nlohmann::json reply_;
  bool has_ended_ = false;
  std::vector<std::string> seen_;
  std::vector<nlohmann::json> others_;
};

}  // namespace rtcroom
