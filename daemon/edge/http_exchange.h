// From a framed request to the bytes of its reply. The HTTP library is known here only.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "daemon/edge/http_handler.h"
#include "daemon/edge/request_framer.h"

namespace rtcroom {

/// Lets cpp-httplib take the request line apart and write the reply; it sees neither the
/// socket nor a header nor the body. So what it would do with those on its own cannot happen:
/// decompression, chunked bodies without a bound, form bodies among the query parameters,
/// compressed or partial replies, a peer address taken from a header.
///
/// @threads safe from any thread, as far as the handler is.
class HttpExchange {
 public:
  /// @param draining  once true, every reply says that the connection ends.
  HttpExchange(HttpHandler& handler, const std::atomic<bool>& draining);
  ~HttpExchange();
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  /// The whole reply. It says `Connection: close` unless the connection is to be kept.
  [[nodiscard]] std::string Answer(FramedRequest request, const std::string& peer_address);

  /// The whole reply to what is refused before there is a request; says `Connection: close`.
  [[nodiscard]] std::string Refuse(int status, const std::string& reason);

 private:
  class Library;
  HttpHandler& handler_;
  const std::unique_ptr<Library> library_;
};

}  // namespace rtcroom
