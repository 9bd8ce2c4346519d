// One client of a call, as it proceeds (protocol B.9), until it leaves or falls silent.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/gen2_calls.h"

namespace rtcroom {

enum class CallerRole : std::uint8_t {
  kVideoHost,
  kVideoGuest,
  kLiveHost,
  kViewer,
  kLinkMic,  ///< a viewer that is let in front of the camera for a while
  kWebrtcHost,
  kWebrtcGuest,
};

struct CallerPlan {
  CallerRole role = CallerRole::kVideoHost;
  std::string kind{};
  std::string user_id{};
  std::string room_id{};  ///< of a webrtc room: its type, since the server names it
  BodyForm form = BodyForm::kJson;
  std::size_t last_call = 0;  ///< after so many it falls silent; looking for the room is none
  std::uint32_t seed = 0;
};

/// @threads for one thread; the getters once `Run` has returned.
class Caller {
 public:
  Caller(const ServerProcess& server, CallerPlan plan);

  /// Does as its role does. Reports as failures of the test what no client could live with.
  void Run();

  [[nodiscard]] const CallerPlan& plan() const { return plan_; }
  /// Whether it fell silent before it had left.
  [[nodiscard]] bool fell_silent() const { return fell_silent_; }
  /// The longest time in which the server may not have heard of a pusher: from the sending of one
  /// call that renews its lease to the reply to the next, or to what ended its stay.
  [[nodiscard]] std::chrono::steady_clock::duration longest_pause() const { return longest_pause_; }

 private:
  using Codes = std::initializer_list<int>;

  void ProceedAsRole();
  void HostVideo();
  void JoinVideo();
  void HostLive();
  void Watch(bool with_link_mic);
  void HostWebrtc();
  void JoinWebrtc();

  /// One call, sometimes repeated as by a client whose reply was lost.
  ApiReply Say(const char* endpoint, const nlohmann::json& body, Codes expected);
  ApiReply SayOnce(const char* endpoint, const nlohmann::json& body, Codes expected);
  /// Measures a call that may have been made by a pusher.
  void NotePause(std::string_view endpoint, int code, std::chrono::steady_clock::time_point sent);
  /// Throws when that call was to be the last.
  void CountCall();
  /// Asks for the room until it is there. @return whether it was in the end.
  bool FindRoom();
  void GetPushUrl();
  void Join();
  void Beat(const char* endpoint, const std::string& room);
  std::size_t Draw(std::size_t choices);

  const CallerPlan plan_;
  std::mt19937 random_;
  Gen2Client client_;
  std::string push_url_;
  std::size_t calls_ = 0;
  bool fell_silent_ = false;
  /// When the last call was sent that renewed a lease; nothing outside of a stay.
  std::optional<std::chrono::steady_clock::time_point> renewed_at_;
  std::chrono::steady_clock::duration longest_pause_{};
};

}  // namespace rtcroom
