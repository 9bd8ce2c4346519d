// Encodes replies into HTTP/1 bytes, and keeps those of a connection until they are sent.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "daemon/http/message.h"
#include "daemon/http/request_framer.h"
#include "daemon/http/transport.h"

namespace rtcroom {

/// A whole response as it is sent.
struct EncodedResponse {
  std::string bytes = {};
  bool keep_alive = false;  ///< false: the response announces that the connection closes
};

/// The parts of a request that decide how its response is written.
struct ResponseFormat {
  bool without_body = false;  ///< it answers HEAD
  HttpVersion version = HttpVersion::k11;
  bool keep_alive = false;
  /// The client has already sent more: a draining server closes after a later response.
  bool more_follows = false;

  static ResponseFormat Of(const FramedRequest& request) {
    return {.without_body = request.method == "HEAD",
            .version = request.version,
            .keep_alive = request.keep_alive,
            .more_follows = request.more_follows};
  }
};

/// Writes status line, headers in alphabetical order and body into one buffer. Adds
/// `Content-Length` (except for 204 and 304: RFC 9110 8.6), `Content-Type` of JSON to a body
/// without one, `X-Content-Type-Options: nosniff`, `Connection` where it differs from the default
/// of the HTTP version, and `Keep-Alive: timeout` in seconds while the connection stays, so that a
/// client seldom sends a request as it is closed. Headers that contain a line break are omitted.
///
/// @param draining  the server stops: the response closes the connection unless more requests
///                  follow.
/// @param idle_timeout  after which a connection without a request is closed; below a second it is
///                      not announced.
/// @threads safe from any thread.
EncodedResponse EncodeResponse(const ResponseFormat& format, const HttpReply& reply, bool draining,
                               std::chrono::milliseconds idle_timeout);

/// The head of a 200 response whose body ends with the connection; headers as given.
std::string EncodeStreamHead(const HttpReply& reply);

/// The head of a 101 response, after which the connection has another protocol; headers as given.
std::string EncodeUpgradeHead(const HttpReply& reply);

/// Removes the first bytes, which are sent, and most of their memory: the client may leave the rest
/// for long.
void RemoveSent(std::size_t sent, std::string& bytes);

/// The unsent replies of a connection. Holds memory only while there are any.
///
/// @threads for one thread at a time.
class ReplyOutbox {
 public:
  void Append(EncodedResponse reply);
  /// Appends bytes that are not a whole reply: 100 Continue, or a piece of a stream.
  void AppendInterim(std::string bytes);

  /// Writes as much as the socket accepts.
  /// @return kDone when nothing is left; else the readiness to wait for, or kClosed.
  IoStatus Flush(Transport& transport);

  [[nodiscard]] std::size_t size() const { return unsent_.size(); }
  /// Allocated bytes; after a `Flush` that left some unsent about twice `size()` at most.
  [[nodiscard]] std::size_t capacity() const { return unsent_.capacity(); }
  [[nodiscard]] bool empty() const { return unsent_.empty(); }
  /// Whether a reply announced that the connection closes after it.
  [[nodiscard]] bool closes() const { return closes_; }

 private:
  std::string unsent_;
  bool closes_ = false;
};

}  // namespace rtcroom
