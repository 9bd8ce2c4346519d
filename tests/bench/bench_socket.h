// A WebSocket to the message channel, for measurements: one of many on a thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <openssl/ssl.h>

#include "tests/load/tls_line.h"

namespace rtcroom {

/// Reads whole texts and answers pings.
///
/// @threads for the thread of its context.
class BenchSocket {
 public:
  struct Listener {
    /// The text of a frame: one object a line.
    std::function<void(std::string_view text)> on_text{};
    /// @param why  the close code, or the failure.
    std::function<void(const std::string& why)> on_end{};
  };

  BenchSocket(boost::asio::io_context& context, SSL_CTX* tls, Listener listener);

  /// Connects, and sends `greeting` (frames) after the handshake.
  /// @param target  of the handshake.
  void Open(const boost::asio::ip::tcp::endpoint& server, std::string greeting,
            std::string target = "/channel/ws");
  /// The handshake with a target, as bytes.
  static std::string Upgrade(std::string_view target);
  /// No effect after the end.
  void Send(std::string_view text);
  /// The same with frames.
  void SendFrames(std::string_view frames);

  /// A frame of a client, with a mask of zeros.
  static std::string Frame(std::uint8_t opcode, std::string_view payload);

 private:
  void OnEvent(TlsLine::Event event);
  void Receive();
  void HandleFrame(std::uint8_t opcode, std::string_view payload);

  const Listener listener_;
  std::string greeting_;
  std::string target_;
  bool is_open_ = false;  ///< after the handshake, before the end
  std::string close_code_ = "no close frame";
  TlsLine line_;
};

}  // namespace rtcroom
