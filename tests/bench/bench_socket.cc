#include "tests/bench/bench_socket.h"

#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "tests/support/web_socket_frames.h"

namespace rtcroom {
namespace {

constexpr std::string_view kUpgrade =
    " HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: rtcroomd.v1\r\n\r\n";

/// Big-endian.
std::size_t NumberOf(std::string_view bytes) {
  std::size_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<std::uint8_t>(byte);
  return number;
}

/// Bytes of the length that follow the second byte of a frame.
std::size_t LengthBytesOf(char second) { return second == 126 ? 2 : second == 127 ? 8 : 0; }

}  // namespace

BenchSocket::BenchSocket(boost::asio::io_context& context, SSL_CTX* tls, Listener listener)
    : listener_(std::move(listener)),
      line_(context, tls, [this](TlsLine::Event event) { OnEvent(event); }) {}

void BenchSocket::Open(const boost::asio::ip::tcp::endpoint& server, std::string greeting,
                       std::string target) {
  greeting_ = std::move(greeting);
  target_ = std::move(target);
  line_.Open(server);
}

void BenchSocket::Send(std::string_view text) {
  if (is_open_) line_.Send(Frame(kTextOpcode, text));
}

void BenchSocket::SendFrames(std::string_view frames) {
  if (is_open_) line_.Send(frames);
}

std::string BenchSocket::Upgrade(std::string_view target) {
  return fmt::format("GET {}{}", target, kUpgrade);
}

std::string BenchSocket::Frame(std::uint8_t opcode, std::string_view payload) {
  return ClientFrame(static_cast<std::uint8_t>(kFinal | opcode), payload,
                     std::string_view("\0\0\0\0", 4));
}

void BenchSocket::OnEvent(TlsLine::Event event) {
  switch (event) {
    case TlsLine::Event::kReady:
      return line_.Send(Upgrade(target_));
    case TlsLine::Event::kBytes:
      return Receive();
    case TlsLine::Event::kConnectFailed:
      return listener_.on_end("not connected");
    case TlsLine::Event::kHandshakeFailed:
      return listener_.on_end("no TLS");
    case TlsLine::Event::kClosed:
      is_open_ = false;
      return listener_.on_end(close_code_);
  }
}

void BenchSocket::Receive() {
  std::string& received = line_.received();
  std::string_view left = received;
  if (!is_open_) {
    const std::size_t end = left.find("\r\n\r\n");
    if (end == std::string_view::npos) return;
    if (!left.starts_with("HTTP/1.1 101 ")) {
      const std::string refusal(left.substr(0, left.find('\r')));
      line_.Close();
      return listener_.on_end(refusal);
    }
    left.remove_prefix(end + 4);
    is_open_ = true;
    line_.Send(std::exchange(greeting_, {}));
  }
  while (left.size() >= 2) {
    const std::size_t length_bytes = LengthBytesOf(left[1]);
    if (left.size() < 2 + length_bytes) break;
    const std::size_t length = length_bytes == 0 ? static_cast<std::uint8_t>(left[1])
                                                 : NumberOf(left.substr(2, length_bytes));
    if (left.size() - 2 - length_bytes < length) break;
    HandleFrame(static_cast<std::uint8_t>(left[0] & 0xf), left.substr(2 + length_bytes, length));
    left.remove_prefix(2 + length_bytes + length);
  }
  received.erase(0, received.size() - left.size());
  if (received.empty()) received.shrink_to_fit();
}

void BenchSocket::HandleFrame(std::uint8_t opcode, std::string_view payload) {
  if (opcode == kTextOpcode) return listener_.on_text(payload);
  if (opcode == kPingOpcode) return line_.Send(Frame(kPongOpcode, payload));
  if (opcode == kCloseOpcode && payload.size() >= 2) {
    close_code_ = fmt::format("{} {}", NumberOf(payload.substr(0, 2)), payload.substr(2));
  }
}

}  // namespace rtcroom
