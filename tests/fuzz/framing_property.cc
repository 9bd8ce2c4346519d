#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string_view>
#include <tuple>
#include <vector>

#include "daemon/http/request_framer.h"
#include "tests/fuzz/parser_properties.h"

namespace rtcroom {
namespace {

/// Any names do.
constexpr std::array<std::string_view, 2> kKept = {"Sign", "SdkAppId"};

using Progress = RequestFramer::Progress;

// Small, so that a short input can reach the limit.
constexpr std::size_t kMaxBodyBytes = 100;

/// The result of framing a stream.
struct Framing {
  std::vector<FramedRequest> requests;
  Progress end = Progress::kNeedMore;
  int refusal = 0;
};

bool IsSame(const FramedRequest& a, const FramedRequest& b) {
  const auto fields = [](const FramedRequest& r) {
    return std::tie(r.method, r.path, r.query, r.content_type, r.origin, r.authorization,
                    r.if_none_match, r.kept, r.forwarded_for, r.upgrade, r.body, r.version,
                    r.keep_alive);
  };
  return fields(a) == fields(b);
}

bool IsSame(const Framing& a, const Framing& b) {
  return a.end == b.end && a.refusal == b.refusal &&
         std::ranges::equal(a.requests, b.requests,
                            [](const auto& x, const auto& y) { return IsSame(x, y); });
}

/// Arrival time of the byte at `offset`: one byte per second.
MonotonicTime TimeOf(std::size_t offset) { return MonotonicTime(std::chrono::seconds(offset)); }

/// Frames a stream cut into pieces of the sizes that `next_size` returns.
Framing FrameInPieces(std::string_view stream, auto next_size) {
  RequestFramer framer(kMaxBodyBytes, kKept);
  Framing framing;
  while (!stream.empty()) {
    const std::size_t size = std::min<std::size_t>(next_size(), stream.size());
    Progress progress = framer.Feed(stream.substr(0, size), {});
    stream.remove_prefix(size);
    while (progress == Progress::kComplete) {
      framing.requests.push_back(framer.Take());
      progress = framer.Feed({}, {});
    }
    if (progress == Progress::kRefused) {
      framing.end = progress;
      framing.refusal = framer.refusal();
      break;
    }
  }
  return framing;
}

bool IsPlainText(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '\0' || c == '\r' || c == '\n'; });
}

/// Whether CR and LF occur only as pairs, and NUL not at all.
bool HasCleanLines(std::string_view head) {
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i] == '\0') return false;
    if (head[i] == '\r' && head.substr(i, 2) != "\r\n") return false;
    if (head[i] == '\n' && (i == 0 || head[i - 1] != '\r')) return false;
  }
  return true;
}

/// The request serialized with only the significant headers.
std::string Written(const FramedRequest& request) {
  const auto header = [](const char* name, const std::string& value) {
    return value.empty() ? "" : std::string(name) + ":" + value + "\r\n";
  };
  const bool is_http10 = request.version == HttpVersion::k10;
  std::string written = request.method + " " + request.path;
  if (!request.query.empty()) written += "?" + request.query;
  written += is_http10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n";
  written += header("Content-Type", request.content_type);
  written += header("Origin", request.origin);
  written += header("Authorization", request.authorization.Reveal());
  written += header("If-None-Match", request.if_none_match);
  for (const auto& [name, value] : request.kept) written += header(name.c_str(), value);
  written += header("X-Forwarded-For", request.forwarded_for);
  if (request.upgrade) {
    written += header("Host", request.upgrade->host);
    written += header("Connection", "upgrade");
    written += header("Upgrade", request.upgrade->protocols);
    written += header("Sec-WebSocket-Key", request.upgrade->web_socket_key);
    written += header("Sec-WebSocket-Version", request.upgrade->web_socket_version);
    written += header("Sec-WebSocket-Protocol", request.upgrade->web_socket_protocols);
  }
  if (request.keep_alive == is_http10) {
    written += header("Connection", request.keep_alive ? "keep-alive" : "close");
  }
  if (!request.body.empty()) {
    written += header("Content-Length", std::to_string(request.body.size()));
  }
  return written + "\r\n" + request.body;
}

/// @param whole  the bytes of the request.
std::optional<std::string> FaultOfRequest(const FramedRequest& request, std::string_view whole) {
  if (request.path.empty() || request.path.size() > kMaxPathBytes) return "length of the path";
  if (request.body.size() > kMaxBodyBytes) return "length of the body";
  if (whole.size() - request.body.size() > kMaxHeadBytes) return "length of the head";
  if (!whole.ends_with(request.body)) return "a body that is not the end of its request";
  if (!HasCleanLines(whole.substr(0, whole.size() - request.body.size()))) {
    return "a head whose lines end in two ways";
  }
  for (const std::string* text :
       {&request.method, &request.path, &request.query, &request.content_type, &request.origin,
        &request.authorization.Reveal(), &request.if_none_match, &request.forwarded_for}) {
    if (!IsPlainText(*text)) return "a line break or NUL in " + *text;
  }
  for (const auto& [name, value] : request.kept) {
    if (!IsPlainText(value)) return "a line break or NUL in " + name;
  }
  if (const auto& offer = request.upgrade) {
    if (!request.body.empty() || request.version == HttpVersion::k10) {
      return "an upgrade of another kind of request";
    }
    if (!IsPlainText(offer->host)) return "a line break or NUL in " + offer->host;
    for (const std::string* text : {&offer->protocols, &offer->web_socket_key,
                                    &offer->web_socket_version, &offer->web_socket_protocols}) {
      if (!IsPlainText(*text)) return "a line break or NUL in " + *text;
      if (text->size() > kMaxUpgradeHeaderBytes) return "length of a header of the upgrade";
    }
  }
  if (request.path.find_first_of(" ?") != std::string::npos) return "a path that goes on";

  // Framed alone, without earlier requests, and without insignificant headers.
  for (const std::string& bytes : {std::string(whole), Written(request)}) {
    const Framing again = FrameInPieces(bytes, [] { return SIZE_MAX; });
    if (again.requests.size() != 1 || !IsSame(again.requests[0], request)) {
      return "not the same when framed anew:\n" + bytes;
    }
  }
  return std::nullopt;
}

/// @param rest  the stream from the first byte of the rejected request.
std::optional<std::string> FaultOfRefusal(RequestFramer& framer, std::string_view rest) {
  constexpr auto kRefusals = std::to_array({400, 411, 413, 414, 415, 417, 431});
  const int refusal = framer.refusal();
  if (std::ranges::find(kRefusals, refusal) == kRefusals.end()) {
    return "refused with " + std::to_string(refusal);
  }
  const Framing alone = FrameInPieces(rest, [] { return SIZE_MAX; });
  if (!alone.requests.empty() || alone.refusal != refusal) return "refused otherwise when alone";
  if (framer.Feed("GET / HTTP/1.1\r\n\r\n", {}) != Progress::kRefused)
    return "goes on after a refusal";
  if (framer.refusal() != refusal) return "another refusal after the first";
  return std::nullopt;
}

/// Feeding single bytes shows the exact extent, start time and buffered size of each request.
std::optional<std::string> FaultByteByByte(std::string_view stream, Framing& framing) {
  RequestFramer framer(kMaxBodyBytes, kKept);
  std::size_t after_last = 0;  // end of the previous request
  std::size_t begin = 0;       // start of the current request, after empty lines
  for (std::size_t i = 0; i < stream.size(); ++i) {
    const Progress progress = framer.Feed(stream.substr(i, 1), TimeOf(i));
    if (progress == Progress::kRefused) {
      framing.end = progress;
      framing.refusal = framer.refusal();
      return FaultOfRefusal(framer, stream.substr(after_last));
    }
    if (framer.held_bytes() == 0) {  // an empty line
      begin = i + 1;
      continue;
    }
    if (framer.held_bytes() != i + 1 - begin) return "holds what is not of this request";
    if (framer.begun_at() != TimeOf(begin)) return "began at another time";
    if (framer.held_bytes() > kMaxHeadBytes + kMaxBodyBytes) return "holds more than a request has";
    if (progress != Progress::kComplete) continue;

    framing.requests.push_back(framer.Take());
    if (framer.has_bytes()) return "keeps bytes of a request that was taken";
    const std::string_view whole = stream.substr(begin, i + 1 - begin);
    if (auto fault = FaultOfRequest(framing.requests.back(), whole)) return fault;
    after_last = begin = i + 1;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> FaultOfFraming(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  const auto seed = static_cast<unsigned char>(bytes.front());
  const std::string_view stream = bytes.substr(1);

  Framing by_byte;
  if (auto fault = FaultByteByByte(stream, by_byte)) return fault;
  const Framing at_once = FrameInPieces(stream, [] { return SIZE_MAX; });
  if (!IsSame(at_once, by_byte)) return "something else at once than byte by byte";
  std::minstd_rand random(seed);
  const Framing in_pieces = FrameInPieces(stream, [&] { return 1 + random() % (1U + seed); });
  if (!IsSame(in_pieces, by_byte)) return "something else in pieces than byte by byte";
  return std::nullopt;
}

}  // namespace rtcroom
