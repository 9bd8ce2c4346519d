// One phone in a call: a TLS connection, a seat in a room, a heartbeat every few seconds.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "tests/load/phone_stats.h"
#include "tests/load/tls_line.h"

namespace rtcroom {

/// The seat and room of a phone, and its heartbeat schedule.
struct PhonePlan {
  std::string room_id = {};
  std::string user_id = {};
  bool creates_room = false;  ///< otherwise joins a room that another phone has created
  /// Sends a heartbeat at this instant and at every `interval` before and after it.
  std::chrono::steady_clock::time_point a_beat = {};
  std::chrono::milliseconds interval{0};
  std::chrono::milliseconds late_after{0};  ///< a reply that takes longer is a failure
};

/// Data shared by the phones of one thread.
struct PhoneDeps {
  boost::asio::io_context& loop;
  SSL_CTX* tls;
  boost::asio::ip::tcp::endpoint server;
  PhoneStats& stats;
};

/// Connects, becomes a member, sends heartbeats until it is destroyed. A failure that costs the
/// connection ends it: it does not reconnect, so the held connections are those that the server
/// kept.
///
/// @threads for the thread that runs the loop.
class Phone {
 public:
  enum class State : std::uint8_t {
    kNew,
    kConnecting,
    kAwaitsRoom,  ///< its room is not created yet
    kJoining,
    kBeating,
    kLost,
  };

  Phone(PhoneDeps& deps, PhonePlan plan);

  void Start();
  /// For a phone that waits for its room: the room exists.
  void Join();
  /// Ends it with this failure.
  void GiveUp(PhoneFailure failure);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool settled() const { return state_ == State::kBeating || state_ == State::kLost; }

 private:
  void OnLine(TlsLine::Event event);
  void OnBytes();
  void Call(std::string_view endpoint, const std::string& body);
  void OnJoined();
  void OnBeatAnswered(int code);
  void AwaitNextBeat();
  void Beat();

  PhoneDeps& deps_;
  const PhonePlan plan_;
  TlsLine line_;
  boost::asio::steady_timer beat_timer_;
  std::chrono::steady_clock::time_point next_beat_;
  std::chrono::steady_clock::time_point beat_due_;  ///< of the heartbeat that awaits its reply
  bool awaits_reply_ = false;
  State state_ = State::kNew;
};

}  // namespace rtcroom
