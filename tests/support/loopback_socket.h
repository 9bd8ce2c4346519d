// Bare TCP on 127.0.0.1, for what is simpler without an HTTP library.
#pragma once

#include <string>
#include <string_view>

namespace rtcroom {

/// A connected or listening socket. Whoever waits on it gives up after `kPatience`.
/// @throws std::system_error when none can be made.
class LoopbackSocket {
 public:
  /// On a free port.
  static LoopbackSocket Listen();
  /// Has a port but refuses whoever connects.
  /// @param port  0: a free one; else one that nobody has, or only sockets that do not listen.
  static LoopbackSocket Bind(int port = 0);
  ~LoopbackSocket();
  LoopbackSocket(LoopbackSocket&& other) noexcept;
  LoopbackSocket& operator=(LoopbackSocket&&) = delete;
  LoopbackSocket(const LoopbackSocket&) = delete;
  LoopbackSocket& operator=(const LoopbackSocket&) = delete;

  [[nodiscard]] bool valid() const { return descriptor_ >= 0; }
  /// For who passes it on; it stays the owner's.
  [[nodiscard]] int descriptor() const { return descriptor_; }
  /// The port at this end.
  [[nodiscard]] int Port() const;

  /// Takes connections from now on, where it was only bound.
  void BeginToListen() const;
  /// The next connection; an invalid socket when listening was shut down.
  [[nodiscard]] LoopbackSocket Accept() const;
  void Send(std::string_view bytes) const;
  /// Wakes whoever waits on it, for good.
  void ShutDown() const;
  /// Reads until `end` was seen; all there is when the peer closes, or is silent, before that.
  [[nodiscard]] std::string ReceiveUntil(std::string_view end) const;

 private:
  explicit LoopbackSocket(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

}  // namespace rtcroom
