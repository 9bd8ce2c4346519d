// One client of a call, through its stages (protocol B.9), until it leaves or falls silent.
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
  kLinkMic,  ///< a viewer that joins as pusher for a while
  kWebrtcHost,
  kWebrtcGuest,
};

struct CallerPlan {
  CallerRole role = CallerRole::kVideoHost;
  std::string kind{};
  std::string user_id{};
  std::string room_id{};  ///< of a webrtc room: its type, since the server chooses the ID
  BodyForm form = BodyForm::kJson;
  std::size_t last_call = 0;  ///< falls silent after this many; polls for the room do not count
  std::uint32_t seed = 0;
};

/// @threads for one thread; the getters once `Run` has returned.
class Caller {
 public:
  Caller(const ServerProcess& server, CallerPlan plan);

  /// Performs its role. Reports replies that a client could not handle as test failures.
  void Run();

  [[nodiscard]] const CallerPlan& plan() const { return plan_; }
  /// Whether it fell silent before it left.
  [[nodiscard]] bool fell_silent() const { return fell_silent_; }
  /// The longest time in which the server may not have received a call of a pusher: from the
  /// sending of one call that renews its lease to the reply to the next, or to the end of its stay.
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

  /// One call, sometimes repeated like that of a client whose reply was lost.
  ApiReply Say(const char* endpoint, const nlohmann::json& body, Codes expected);
  ApiReply SayOnce(const char* endpoint, const nlohmann::json& body, Codes expected);
  /// Measures a call that may be that of a pusher.
  void NotePause(std::string_view endpoint, int code, std::chrono::steady_clock::time_point sent);
  /// Throws if that call was planned as the last.
  void CountCall();
  /// Polls until the room exists. @return whether it was found.
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
  /// Time of the last call that renewed a lease; nullopt outside a stay.
  std::optional<std::chrono::steady_clock::time_point> renewed_at_;
  std::chrono::steady_clock::duration longest_pause_{};
};

}  // namespace rtcroom
