// Plain TCP on 127.0.0.1, for tests where an HTTP library is a burden.
#pragma once

#include <string>
#include <string_view>

namespace rtcroom {

/// A connected or listening socket. Waits end after `kWaitTimeout`.
/// @throws std::system_error when none can be made.
class LoopbackSocket {
 public:
  /// On a free port.
  static LoopbackSocket Listen();
  /// Bound to a port, but refuses connections.
  /// @param port  0: a free one; else one that is unused, or used only by sockets that do not
  /// listen.
  static LoopbackSocket Bind(int port = 0);
  /// Connected to a port; invalid when nothing listens there.
  /// @param receive_buffer  bytes that are taken before they are received, or a little more; 0: as
  ///                        the system likes.
  static LoopbackSocket Connect(int port, int receive_buffer = 0);
  ~LoopbackSocket();
  LoopbackSocket(LoopbackSocket&& other) noexcept;
  LoopbackSocket& operator=(LoopbackSocket&&) = delete;
  LoopbackSocket(const LoopbackSocket&) = delete;
  LoopbackSocket& operator=(const LoopbackSocket&) = delete;

  [[nodiscard]] bool valid() const { return descriptor_ >= 0; }
  /// For passing to a child; ownership stays here.
  [[nodiscard]] int descriptor() const { return descriptor_; }
  /// The local port.
  [[nodiscard]] int Port() const;

  /// Starts to accept connections on a socket that was only bound.
  void BeginToListen() const;
  /// The next connection; an invalid socket after `ShutDown`.
  [[nodiscard]] LoopbackSocket Accept() const;
  void Send(std::string_view bytes) const;
  /// Wakes all waiters permanently.
  void ShutDown() const;
  /// Reads up to `end`; everything received when the peer closes or is silent before that.
  [[nodiscard]] std::string ReceiveUntil(std::string_view end) const;

 private:
  explicit LoopbackSocket(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

}  // namespace rtcroom
