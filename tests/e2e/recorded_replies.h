// Replies that are compared with recorded ones, byte for byte.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "tests/support/server_process.h"

namespace rtcroom {

/// The reply with what differs from one run to the next replaced by `<words>`. A Content-Length
/// beside it becomes `<length>` where it is right, and stays where it is wrong.
std::string WithoutVariables(const std::string& reply);

/// Compares replies by name with the file of that name in this folder; with RTCROOM_WRITE_REPLIES=1
/// writes the file.
void ExpectRecorded(const std::string& file, const nlohmann::json& replies);

/// Sends requests to one listener, each on a connection of its own, and keeps the replies.
///
/// @threads for one thread.
class ReplyRecorder {
 public:
  /// @param listener  as of `ServerProcess::AddressOf`.
  ReplyRecorder(const ServerProcess& server, const std::string& listener)
      : address_(server.AddressOf(listener)) {}

  struct Request {
    std::string line{};     ///< method and target
    std::string body{};     ///< a POST always has a length, other requests with a body
    std::string headers{};  ///< each with its CRLF
    std::string note{};     ///< distinguishes it from others of that line
  };

  void Ask(const Request& request) { Keep(NameOf(request), WithoutVariables(Send(request))); }
  /// Repeats the request until the reply contains that text, and keeps this one: a rate refuses
  /// the first or a later one.
  void AskUntil(std::string_view text, const Request& request);
  /// The reply as it comes.
  [[nodiscard]] std::string Send(const Request& request) const;
  /// Fails if a reply of that name is there.
  void Keep(const std::string& name, std::string reply);

  [[nodiscard]] const nlohmann::json& replies() const { return replies_; }

 private:
  static std::string NameOf(const Request& request) {
    return request.note.empty() ? request.line : request.line + " - " + request.note;
  }

  const std::string address_;
  nlohmann::json replies_ = nlohmann::json::object();
};

}  // namespace rtcroom
