// From a reply to the bytes that go over the wire.
#pragma once

#include <string>

#include "daemon/http/message.h"
#include "daemon/http/request_framer.h"

namespace rtcroom {

/// A whole response as it is sent.
struct EncodedResponse {
  std::string bytes = {};
  bool keep_alive = false;  ///< false: the response says that the connection ends
};

/// The parts of a request that decide how its response is written.
struct ResponseFormat {
  bool without_body = false;  ///< it answers HEAD
  HttpVersion version = HttpVersion::k11;
  bool keep_alive = false;
  /// The client has already sent more: a draining server ends the connection with a later response.
  bool more_follows = false;

  static ResponseFormat Of(const FramedRequest& request) {
    return {.without_body = request.method == "HEAD",
            .version = request.version,
            .keep_alive = request.keep_alive,
            .more_follows = request.more_follows};
  }
};

/// Writes status line, headers in alphabetical order and body into one buffer. Adds
/// `Content-Length` (but for 204 and 304: RFC 9110 8.6), `Content-Type` of JSON to a body without
/// one, `X-Content-Type-Options: nosniff`, and `Connection` where it differs from the default of
/// the HTTP version. Headers with a line break in them are left out.
///
/// @param draining  the server stops: the response ends the connection unless more requests
///                  follow.
/// @threads safe from any thread.
EncodedResponse EncodeResponse(const ResponseFormat& format, HttpReply reply, bool draining);

/// The head of a response of status 200 whose body ends with the connection; headers as given.
std::string EncodeStreamHead(const HttpReply& reply);

}  // namespace rtcroom
