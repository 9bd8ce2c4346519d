#include "daemon/http/web_socket.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>
#include <utility>

#include <wslay/wslay.h>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

// Wslay's reader of frames checks the shortest form of lengths, their top bit, and the length and
// fragmentation of control frames. It passes on everything else: reserved bits and opcodes,
// unmasked frames, the order of fragments, the bodies of close frames and UTF-8 are checked here.
//
// Its layer of messages is not used. That one accepts a close body of one byte, skips two bytes of
// the UTF-8 check at each piece in which a close frame arrives, answers what its reader refuses
// without a code, and stores each fragment in allocations of its own, so that a client makes it
// hold many times the bytes that it has sent.

constexpr std::uint8_t kFinalBit = 0x80;
constexpr std::size_t kMaxControlBytes = 125;
constexpr std::size_t kCodeBytes = 2;
/// The longest header of a frame of the server.
constexpr std::size_t kMaxHeaderBytes = 2 + 8;
/// The size of a reader, most of it its buffer.
constexpr std::size_t kReaderBytes = 4256;

/// Bytes of a masked frame's header.
std::size_t HeaderBytes(std::uint64_t payload_bytes) {
  constexpr std::size_t kFixedBytes = 2 + 4;  // and the mask
  if (payload_bytes <= kMaxControlBytes) return kFixedBytes;
  return kFixedBytes + (payload_bytes <= 0xffff ? 2 : 8);
}

/// Whether a client may send that code.
/// @source RFC 6455 7.4: 1004, 1005, 1006 and 1015 are reserved, 1012 to 1014 were registered
/// later, those below 3000 that are not registered are for later versions.
bool IsCloseCode(unsigned code) {
  if (code >= 3000) return code <= 4999;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

/// `text` up to a character's end within `size` bytes.
std::string_view Cut(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
  while (size > 0 && continues(text[size])) --size;
  return text.substr(0, size);
}

}  // namespace

void WebSocket::ReaderDeleter::operator()(wslay_frame_context* reader) const {
  wslay_frame_context_free(reader);
}

WebSocket::WebSocket(std::size_t max_message_bytes, Frames frames)
    : max_message_bytes_(max_message_bytes), type_(frames) {}

WebSocket::~WebSocket() = default;

void WebSocket::Feed(std::string_view bytes, const OnText& on_text) {
  if (is_closed_ || bytes.empty()) return;
  if (!reader_) PrepareReader();
  input_ = bytes;
  ReadFrames(on_text);
  // Between two frames, which is most of the time, the reader has no state.
  if (is_closed_ || (payload_left_ == 0 && buffered_ == 0)) reader_.reset();
  if (is_closed_) std::string().swap(message_);
}

void WebSocket::PrepareReader() {
  const auto read_input = [](std::uint8_t* into, std::size_t size, int /*flags*/, void* self) {
    WebSocket& socket = *static_cast<WebSocket*>(self);
    const std::size_t given = std::min(size, socket.input_.size());
    if (given == 0) return ssize_t{-1};  // until the next `Feed`
    std::memcpy(into, socket.input_.data(), given);
    socket.input_.remove_prefix(given);
    socket.buffered_ += given;
    return static_cast<ssize_t>(given);
  };
  const wslay_frame_callbacks callbacks = {
      .send_callback = nullptr, .recv_callback = read_input, .genmask_callback = nullptr};
  wslay_frame_context_ptr reader = nullptr;
  if (wslay_frame_context_init(&reader, &callbacks, this) != 0) throw std::bad_alloc();
  reader_.reset(reader);
  buffered_ = 0;
}

void WebSocket::ReadFrames(const OnText& on_text) {
  while (!is_closed_) {
    wslay_frame_iocb frame = {};
    const ssize_t got = wslay_frame_recv(reader_.get(), &frame);
    if (got == WSLAY_ERR_WANT_READ) return;
    if (got < 0) return Fail(close_code::kProtocolError);
    if (payload_left_ == 0) BeginFrame(frame);
    if (is_closed_) return;
    payload_left_ -= frame.data_length;
    buffered_ -= frame.data_length;
    std::string& payload = wslay_is_ctrl_frame(frame.opcode) ? control_ : message_;
    // After a close frame of this end, messages are read only to find the client's own.
    if (&payload == &control_ || !is_closing_) {
      payload.append(reinterpret_cast<const char*>(frame.data), frame.data_length);
    }
    if (payload_left_ == 0) EndFrame(frame, on_text);
  }
}

void WebSocket::BeginFrame(const wslay_frame_iocb& frame) {
  ++frames_;
  // RFC 6455 5.2: no extension gives reserved bits a meaning; 5.1: a client's frames are masked.
  if (frame.rsv != WSLAY_RSV_NONE || frame.mask == 0) return Fail(close_code::kProtocolError);
  switch (frame.opcode) {
    case WSLAY_CONTINUATION_FRAME:
    case WSLAY_TEXT_FRAME:
    case WSLAY_BINARY_FRAME:
      BeginData(frame);
      break;
    case WSLAY_CONNECTION_CLOSE:
    case WSLAY_PING:
    case WSLAY_PONG:
      break;
    default:
      Fail(close_code::kProtocolError);
  }
  payload_left_ = frame.payload_length;
  buffered_ -= HeaderBytes(frame.payload_length);
}

void WebSocket::BeginData(const wslay_frame_iocb& frame) {
  const bool continues = frame.opcode == WSLAY_CONTINUATION_FRAME;
  if (continues != is_in_message_) return Fail(close_code::kProtocolError);
  if (frame.opcode == WSLAY_BINARY_FRAME && type_ == Frames::kText) {
    return Fail(close_code::kUnsupported);
  }
  if (frame.payload_length > max_message_bytes_ - message_.size()) {
    return Fail(close_code::kTooLarge);
  }
  is_in_message_ = true;
}

void WebSocket::EndFrame(const wslay_frame_iocb& frame, const OnText& on_text) {
  if (wslay_is_ctrl_frame(frame.opcode)) {
    const std::string body = std::exchange(control_, {});
    if (frame.opcode == WSLAY_CONNECTION_CLOSE) return AnswerClose(body);
    if (frame.opcode == WSLAY_PING) AppendFrame(WSLAY_PONG, body);
    return;
  }
  if (frame.fin == 0) return;
  is_in_message_ = false;
  std::string text = std::exchange(message_, {});
  if (is_closing_) return;
  if (!IsUtf8(text)) return Fail(close_code::kNotUtf8);
  on_text(std::move(text));
}

void WebSocket::AnswerClose(std::string_view body) {
  // RFC 6455 5.5.1: a body begins with a code; 7.1.5: an empty one has none.
  if (body.size() == 1) return Fail(close_code::kProtocolError);
  if (!body.empty()) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(body[at]); };
    if (!IsCloseCode(byte(0) * 256U + byte(1))) return Fail(close_code::kProtocolError);
    if (!IsUtf8(body.substr(kCodeBytes))) return Fail(close_code::kNotUtf8);
  }
  is_closed_ = true;
  AppendFrame(WSLAY_CONNECTION_CLOSE, body.substr(0, kCodeBytes));
}

void WebSocket::SendText(std::string_view text) {
  AppendFrame(type_ == Frames::kBinary ? WSLAY_BINARY_FRAME : WSLAY_TEXT_FRAME, text);
}

void WebSocket::Ping() { AppendFrame(WSLAY_PING, {}); }

void WebSocket::Close(std::uint16_t code, std::string_view reason) {
  assert(IsCloseCode(code));
  std::string body = {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  body.append(Cut(reason, kMaxControlBytes - kCodeBytes));
  AppendFrame(WSLAY_CONNECTION_CLOSE, body);
  std::string().swap(message_);
}

void WebSocket::Fail(std::uint16_t code) {
  is_closed_ = true;
  Close(code);
}

void WebSocket::AppendFrame(std::uint8_t opcode, std::string_view payload) {
  if (is_closing_) return;
  is_closing_ = opcode == WSLAY_CONNECTION_CLOSE;
  AppendFrame(opcode, payload, output_);
}

std::string WebSocket::EncodeText(std::string_view text) { return Encode(WSLAY_TEXT_FRAME, text); }

std::string WebSocket::EncodeBinary(std::string_view text) {
  return Encode(WSLAY_BINARY_FRAME, text);
}

std::string WebSocket::Encode(std::uint8_t opcode, std::string_view text) {
  std::string frame;
  frame.reserve(text.size() + kMaxHeaderBytes);
  AppendFrame(opcode, text, frame);
  return frame;
}

// A server's frames are neither masked nor fragmented here, so that a header is all there is to
// write; the library would need another context for it.
void WebSocket::AppendFrame(std::uint8_t opcode, std::string_view payload, std::string& output) {
  const std::uint64_t size = payload.size();
  output.push_back(static_cast<char>(kFinalBit | opcode));
  std::size_t length_bytes = 0;
  if (size <= kMaxControlBytes) {
    output.push_back(static_cast<char>(size));
  } else {
    length_bytes = size <= 0xffff ? 2 : 8;
    output.push_back(static_cast<char>(length_bytes == 2 ? 126 : 127));
  }
  while (length_bytes > 0) {
    --length_bytes;
    output.push_back(static_cast<char>((size >> (8 * length_bytes)) & 0xff));
  }
  output.append(payload);
}

std::string WebSocket::TakeOutput() { return std::exchange(output_, {}); }

std::size_t WebSocket::held_memory() const {
  const std::size_t of_message = message_.empty() ? 0 : message_.capacity();
  return of_message + (reader_ ? kReaderBytes : 0);
}

}  // namespace rtcroom
