// From a framed request to the bytes of its reply. The HTTP library is known here only.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "daemon/http/http_handler.h"
#include "daemon/http/request_framer.h"

namespace rtcroom {

/// A whole reply as it goes over the wire.
struct WireReply {
  std::string bytes = {};
  bool keep_alive = false;  ///< the reply does not say that the connection ends
};

/// What of a request decides how its reply is written.
struct ReplyForm {
  bool without_body = false;  ///< it answers HEAD
  HttpVersion version = HttpVersion::k11;
  bool keep_alive = false;
  /// The client has sent more already: a server that drains ends the connection with a later one.
  bool more_follows = false;

  static ReplyForm Of(const FramedRequest& request) {
    return {.without_body = request.method == "HEAD",
            .version = request.version,
            .keep_alive = request.keep_alive,
            .more_follows = request.more_follows};
  }
};

/// Lets cpp-httplib take the path apart and write the reply; it sees neither the socket nor a
/// header, the query or the body. So what it would do with those on its own cannot happen:
/// decompression, chunked bodies without a bound, form bodies among the query parameters,
/// compressed or partial replies, a peer address taken from a header, methods or queries that it
/// does not take for such.
///
/// @threads safe from any thread, as far as the handler is.
class HttpExchange {
 public:
  /// @param draining  once true, replies say that the connection ends.
  HttpExchange(HttpHandler& handler, const std::atomic<bool>& draining);
  ~HttpExchange();
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  /// The whole reply. It says `Connection: close` unless the connection is to be kept.
  /// @param begun  as `HttpRequest::begun`.
  /// @return nothing when the handler called `defer`; whoever has the reply later passes it to
  ///         `Write`.
  [[nodiscard]] std::optional<WireReply> Answer(FramedRequest request, std::string client_address,
                                                MonotonicTime begun, const DeferReply& defer);

  /// The bytes of a reply that the handler gave later.
  [[nodiscard]] WireReply Write(const ReplyForm& form, HttpReply reply);

  /// The reply to what is refused without being handled.
  [[nodiscard]] WireReply Refuse(const ReplyForm& form, int status, const std::string& reason);

  /// The head of a reply of status 200 whose body ends with the connection.
  [[nodiscard]] static std::string StreamHead(const HttpReply& reply);

 private:
  class Library;
  HttpHandler& handler_;
  const std::unique_ptr<Library> library_;
};

}  // namespace rtcroom
