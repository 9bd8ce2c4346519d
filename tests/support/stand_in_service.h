// An HTTP server with scripted answers, on connections that stay open.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <openssl/ssl.h>

#include "daemon/base/mutex.h"
#include "tests/support/loopback_socket.h"

namespace rtcroom {

/// "HTTP/1.1 STATUS", these headers, a length and the body.
std::string HttpAnswer(const std::string& status, const std::string& body,
                       const std::string& headers = "");

/// @threads safe from any thread, except for `GoDown` and `GoUp`: one thread at a time.
class StandInService {
 public:
  enum class Then { kKeepOpen, kClose };
  struct Said {
    std::string bytes{};
    Then then = Then::kKeepOpen;
  };
  /// Returns the answer to a request, given with head and body. Called on one thread per
  /// connection.
  using Answer = std::function<Said(const std::string& request)>;

  /// Listens on a free port of 127.0.0.1.
  /// @param tls  null: plain. Must outlive this.
  explicit StandInService(Answer answer, SSL_CTX* tls = nullptr);
  ~StandInService();
  StandInService(const StandInService&) = delete;
  StandInService& operator=(const StandInService&) = delete;

  /// Refuses connections and closes existing ones. Pending answers are not sent, but `answer` must
  /// return.
  void GoDown() EXCLUDES(mutex_);
  /// Listens again on the same port, after `GoDown`.
  void GoUp() EXCLUDES(mutex_);

  [[nodiscard]] std::string Url() const;
  /// Total number of connections.
  [[nodiscard]] std::size_t connections() const;
  /// The number of connections that neither side has closed.
  [[nodiscard]] std::size_t open() const;
  /// Sends these bytes unsolicited on all connections. Plain connections only.
  void SendToAll(std::string_view bytes) const;

 private:
  struct Connection {
    explicit Connection(LoopbackSocket client) : socket(std::move(client)) {}
    LoopbackSocket socket;
    bool is_open = true;
    std::jthread thread{};
  };

  void Listen();
  void CutOff() EXCLUDES(mutex_);
  void Accept() EXCLUDES(mutex_);
  void Serve(const LoopbackSocket& socket);
  void Talk(const std::function<std::string()>& receive,
            const std::function<void(std::string_view)>& send);

  const Answer answer_;
  SSL_CTX* const tls_;
  /// Bound for the lifetime of this object and never listening: reserves the port, also between two
  /// listeners.
  const LoopbackSocket holder_ = LoopbackSocket::Bind();
  std::optional<LoopbackSocket> listener_;
  mutable Mutex mutex_;
  std::list<Connection> connections_ GUARDED_BY(mutex_);
  std::size_t gone_connections_ GUARDED_BY(mutex_) = 0;  ///< before the last `GoDown`
  std::jthread accepting_;                               // last: it uses all of the above
};

}  // namespace rtcroom
