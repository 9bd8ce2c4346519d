#include "daemon/grpc/http2_guard.h"

#include <algorithm>

namespace rtcroom {
namespace {

/// A dozen settings are known, and nobody needs to repeat them.
constexpr std::size_t kMaxSettingsBytes = std::size_t{64} * 6;

}  // namespace

Http2Guard::~Http2Guard() { budget_.open_streams -= open_.size(); }

Http2Guard::Passage Http2Guard::FromClient(std::string_view unpassed, MonotonicTime now) {
  Passage passage;
  while (true) {
    const std::string_view rest = unpassed.substr(passage.bytes);
    if (client_payload_ > 0) {
      const std::size_t part = std::min(client_payload_, rest.size());
      client_payload_ -= part;
      passage.bytes += part;
      if (client_payload_ > 0) return passage;
      continue;
    }
    if (phase_ == Phase::kPreface) {
      if (!kClientPreface.starts_with(rest.substr(0, kClientPreface.size()))) {
        passage.refusal = "not HTTP/2";
        return passage;
      }
      if (rest.size() < kClientPreface.size()) return passage;
      passage.bytes += kClientPreface.size();
      phase_ = Phase::kSettings;
      continue;
    }
    if (rest.size() < kFrameHeaderBytes) return passage;
    const FrameHeader frame = ReadFrameHeader(rest);
    passage.refusal = Judge(frame);
    if (!passage.refusal.empty()) return passage;
    const std::size_t needed = frame.Is(FrameType::kData) ? 0 : frame.payload_bytes;
    if (rest.size() < kFrameHeaderBytes + needed) return passage;
    if (!is_paid_) {
      if (IsPingTooMany(frame, now)) {
        passage.refusal = "too many pings";
        return passage;
      }
      passage.wait = Charge(frame, now);
      is_paid_ = true;
      if (passage.wait.count() > 0) return passage;
    }
    is_paid_ = false;
    phase_ = Phase::kFrames;
    if (Begins(frame)) {
      newest_stream_ = frame.stream;
      open_.insert(frame.stream);
      ++budget_.open_streams;
    }
    if (frame.Is(FrameType::kRstStream)) Close(frame.stream);
    passage.bytes += kFrameHeaderBytes;
    client_payload_ = frame.payload_bytes;
  }
}

std::string_view Http2Guard::Judge(const FrameHeader& frame) const {
  if (phase_ == Phase::kSettings &&
      (!frame.Is(FrameType::kSettings) || frame.Has(FrameHeader::kAck))) {
    return "no settings at the beginning";
  }
  if (frame.payload_bytes > budget_.limits.max_frame_bytes) return "a frame is too long";
  if (frame.Is(FrameType::kContinuation)) return "headers in several frames";
  if (frame.Is(FrameType::kPushPromise)) return "a client cannot push";
  if (frame.Is(FrameType::kHeaders) && !frame.Has(FrameHeader::kEndHeaders)) {
    return "headers in several frames";
  }
  if (frame.Is(FrameType::kSettings) && frame.payload_bytes > kMaxSettingsBytes) {
    return "too many settings";
  }
  if (Begins(frame)) {
    if (open_.size() >= budget_.limits.max_streams) return "too many streams";
    if (budget_.open_streams >= budget_.limits.max_all_streams &&
        open_.size() >= budget_.limits.fair_streams) {
      return "too many streams altogether";
    }
  }
  return {};
}

bool Http2Guard::IsPingTooMany(const FrameHeader& frame, MonotonicTime now) {
  const bool is_ping = frame.Is(FrameType::kPing) && !frame.Has(FrameHeader::kAck);
  return is_ping && !idle_pings_.Take(now, budget_.limits.idle_pings);
}

bool Http2Guard::Begins(const FrameHeader& frame) const {
  return frame.Is(FrameType::kHeaders) && frame.stream > newest_stream_;
}

std::chrono::nanoseconds Http2Guard::Charge(const FrameHeader& frame, MonotonicTime now) {
  const Http2Limits& limits = budget_.limits;
  std::chrono::nanoseconds wait = frames_.Reserve(now, limits.frames);
  if (!frame.Is(FrameType::kData) && !frame.Is(FrameType::kWindowUpdate)) {
    wait = std::max(wait, control_frames_.Reserve(now, limits.control_frames));
  }
  if (Begins(frame)) {
    // Each connection waits for one at most: those that share the budget take turns.
    wait = std::max({wait, streams_.Reserve(now, limits.streams),
                     budget_.streams.Reserve(now, limits.all_streams)});
  }
  return wait;
}

void Http2Guard::FromServer(std::string_view bytes) {
  while (!bytes.empty()) {
    if (server_payload_ > 0) {
      const std::size_t part = std::min(server_payload_, bytes.size());
      server_payload_ -= part;
      bytes.remove_prefix(part);
      continue;
    }
    const std::size_t part = std::min(kFrameHeaderBytes - server_head_bytes_, bytes.size());
    std::copy_n(bytes.begin(), part, server_head_ + server_head_bytes_);
    server_head_bytes_ += part;
    bytes.remove_prefix(part);
    if (server_head_bytes_ < kFrameHeaderBytes) return;
    server_head_bytes_ = 0;
    const FrameHeader frame = ReadFrameHeader({server_head_, kFrameHeaderBytes});
    server_payload_ = frame.payload_bytes;
    NoteFromServer(frame);
  }
}

void Http2Guard::NoteFromServer(const FrameHeader& frame) {
  const bool may_end = frame.Is(FrameType::kHeaders) || frame.Is(FrameType::kData);
  // What a client is told it may measure the way by; it has seen it before it pings.
  if (may_end) idle_pings_ = TokenBucket();
  // A server that has said all is done with the stream, whatever the client may still send.
  if (frame.Is(FrameType::kRstStream) || (may_end && frame.Has(FrameHeader::kEndStream))) {
    Close(frame.stream);
  }
}

void Http2Guard::Close(std::uint32_t stream) { budget_.open_streams -= open_.erase(stream); }

}  // namespace rtcroom
