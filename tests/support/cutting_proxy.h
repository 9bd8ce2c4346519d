// A TCP relay that cuts connections at chosen places.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "daemon/base/mutex.h"
#include "tests/support/loopback_socket.h"

namespace rtcroom {

/// Relays connections to a port of 127.0.0.1 until it is told to cut them. One order to cut is in
/// force at a time, and for one cut; a new one replaces it.
///
/// @threads safe from any thread. Owns one thread.
class CuttingProxy {
 public:
  enum class Toward { kServer, kClient };

  explicit CuttingProxy(int server_port);
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  /// For clients.
  [[nodiscard]] int port() const { return listener_.Port(); }

  /// Cuts all connections at once.
  void CutAll() EXCLUDES(mutex_);
  /// Cuts all connections, and those to come, until `Mend`.
  void Refuse() EXCLUDES(mutex_);
  /// Passes nothing on, and cuts nothing, until `Mend`: then what was sent arrives.
  void Silence() EXCLUDES(mutex_);
  void Mend() EXCLUDES(mutex_);
  /// Later connections go to that port of 127.0.0.1.
  void Redirect(int server_port) EXCLUDES(mutex_);
  /// Cuts the connection that is to carry more than that many further bytes, after them.
  void CutAfter(Toward toward, std::size_t bytes) EXCLUDES(mutex_);
  /// Cuts the connection that is to carry `text`, before its last byte.
  void CutAt(Toward toward, std::string_view text) EXCLUDES(mutex_);
  /// Keeps from the server what clients send from now on, and cuts the client off that has sent
  /// `text`: to it the server seems to be gone, but it only comes to know later what was asked.
  void HoldUpTo(std::string_view text) EXCLUDES(mutex_);
  /// The server gets what was held. Returns when it has done it, and has ended the connection.
  void Release() EXCLUDES(mutex_);

  /// Those that an order has led to.
  [[nodiscard]] int cuts() const EXCLUDES(mutex_);

 private:
  struct Pair {
    LoopbackSocket client;
    LoopbackSocket server;
    /// Before the next bytes: the last ones, in which a text may have begun.
    std::string last_of_client = {};
    std::string last_of_server = {};
    std::string held = {};
  };
  struct Held {
    LoopbackSocket server;
    std::string bytes = {};
  };
  struct Order {
    Toward toward = Toward::kServer;
    std::string text = {};  ///< empty: `bytes` counts
    std::size_t bytes = 0;
    bool holds = false;
  };

  enum class Way : std::uint8_t { kOpen, kRefusing, kSilent };

  void Give(Order order) EXCLUDES(mutex_);
  [[nodiscard]] bool IsSilent() const EXCLUDES(mutex_);
  void Relay() EXCLUDES(mutex_);
  void Accept() EXCLUDES(mutex_);
  /// False when the connection is over.
  bool Pass(Pair& pair, Toward toward) EXCLUDES(mutex_);
  /// How many of the bytes may pass before the cut; nullopt: all, and there is none.
  std::optional<std::size_t> FindCut(std::string_view bytes, Toward toward, std::string& last)
      REQUIRES(mutex_);

  const LoopbackSocket listener_ = LoopbackSocket::Listen();
  mutable Mutex mutex_;
  int server_port_ GUARDED_BY(mutex_);
  Way way_ GUARDED_BY(mutex_) = Way::kOpen;
  std::list<Pair> pairs_ GUARDED_BY(mutex_);  ///< only the thread adds and removes
  std::optional<Order> order_ GUARDED_BY(mutex_);
  int cuts_ GUARDED_BY(mutex_) = 0;
  std::vector<Held> held_ GUARDED_BY(mutex_);
  std::jthread thread_;  // last: it uses all other members
};

}  // namespace rtcroom
