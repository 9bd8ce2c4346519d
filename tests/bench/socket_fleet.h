// Thousands of new clients of the message channel, and how long what is sent takes to them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "tests/bench/bench_socket.h"
#include "tests/load/tls_line.h"
#include "tests/support/latencies.h"

namespace rtcroom {

/// A text with the time now: a stamp. The receipt of a push with it counts the time since.
/// @param bytes  its length at least.
std::string StampNow(std::size_t bytes = 0);

/// A client is connected and subscribed to one room. Events that hold a stamp, or count the custom
/// field `likes`, are deliveries.
///
/// Failures throw std::runtime_error out of the functions that run the context, except for sockets
/// that end after they have subscribed: those are counted.
///
/// @threads for the thread of its context.
class SocketFleet {
 public:
  struct Seat {
    std::string user{};
    std::string kind{};
    std::string room{};
  };

  SocketFleet(boost::asio::io_context& context, int port);

  /// Runs the context until all are subscribed.
  void Open(std::vector<Seat> seats);
  /// Sends a text with a stamp from that client to its room.
  void Say(std::size_t client);
  /// The time of the next like: they count up one by one.
  void NoteLike() { likes_.push_back(std::chrono::steady_clock::now()); }

  /// Forgets the deliveries so far.
  void Clear();
  [[nodiscard]] const Latencies& latencies() const { return latencies_; }
  [[nodiscard]] std::size_t frames() const { return frames_; }  ///< with texts
  /// All of them, also those without a stamp.
  [[nodiscard]] std::size_t pushes() const { return pushes_; }
  /// Sockets that have ended since they subscribed, and why the last of them did.
  [[nodiscard]] std::size_t ended() const { return ended_; }
  [[nodiscard]] const std::string& last_end() const { return last_end_; }

 private:
  struct Client {
    Seat seat;
    bool is_subscribed = false;
    std::unique_ptr<BenchSocket> socket{};
  };

  void OpenNext();
  void OnText(Client& client, std::string_view text);
  void OnEnd(const Client& client, const std::string& why);
  void OnReply(Client& client, std::string_view line);

  boost::asio::io_context& context_;
  const boost::asio::ip::tcp::endpoint server_;
  const TlsContextPtr tls_ = MakeClientTlsContext("");
  std::vector<std::unique_ptr<Client>> clients_;
  std::size_t opened_ = 0;
  std::size_t subscribed_ = 0;
  std::vector<std::chrono::steady_clock::time_point> likes_;
  Latencies latencies_;
  std::size_t frames_ = 0;
  std::size_t pushes_ = 0;
  std::size_t ended_ = 0;
  std::string last_end_;
};

}  // namespace rtcroom
