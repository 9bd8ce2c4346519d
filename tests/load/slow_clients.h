// Hostile clients that occupy the server by being slow.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

namespace rtcroom {

enum class Slowness : std::uint8_t {
  kHead,       ///< sends a request line and headers, one byte at a time
  kBody,       ///< announces a body and sends it one byte at a time
  kRead,       ///< asks for long replies and reads none
  kHandshake,  ///< sends half of a ClientHello
  kSilent,     ///< sends nothing
};
inline constexpr std::array kAllSlownesses = {Slowness::kHead, Slowness::kBody, Slowness::kRead,
                                              Slowness::kHandshake, Slowness::kSilent};

struct SlowTargets {
  std::string http = {};   ///< numeric `host:port`
  std::string https = {};  ///< likewise; for kHandshake and half of kSilent
  /// Requests whose replies kRead does not read, in this order.
  std::string requests = {};
  /// Their source address, so that limits per address do not affect the honest clients.
  std::string from = "127.0.0.2";
};

/// Opens them all at once, the same number of every kind. None of them closes its connection before
/// it is destroyed, nor checks whether the server has.
///
/// @threads for one thread; the clients have a thread of their own.
class SlowClients {
 public:
  SlowClients(SlowTargets targets, std::size_t count);
  ~SlowClients();
  SlowClients(const SlowClients&) = delete;
  SlowClients& operator=(const SlowClients&) = delete;

  /// The number of established connections.
  [[nodiscard]] std::size_t connected() const { return connected_; }

 private:
  /// Its handlers hold its address: it is stored in a deque.
  struct Client {
    Client(boost::asio::io_context& loop, Slowness its_kind)
        : kind(its_kind), socket(loop), pause(loop) {}
    Slowness kind;
    boost::asio::ip::tcp::socket socket;
    boost::asio::steady_timer pause;
    std::string unsent = {};
  };

  void Open(Client& client, bool secured);
  void Begin(Client& client);
  void SendByteByByte(Client& client);

  const SlowTargets targets_;
  boost::asio::io_context loop_{1};
  std::deque<Client> clients_;
  std::atomic<std::size_t> connected_{0};
  std::jthread thread_;  // last: it uses all members above
};

}  // namespace rtcroom
