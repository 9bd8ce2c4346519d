// Files of pages that are compiled into the binary, and the replies with them.
#pragma once

#include <string>
#include <string_view>

#include "daemon/http/message.h"

namespace rtcroom {

/// A file as of the build, in static storage. See `embed_files.cmake`.
struct EmbeddedFile {
  std::string_view path = {};  ///< of its URL, as decoded
  std::string_view media_type = {};
  std::string_view etag = {};  ///< strong, with its quotes
  std::string_view bytes = {};
};

/// Sources that a page may load from, beside scripts and pictures of its own server.
struct PagePolicy {
  std::string connect = "'self'";  ///< sources of requests
  std::string style = "'self'";    ///< of styles
  std::string media{};             ///< of video and sound; empty: none
  std::string worker{};            ///< of workers; empty: those of its scripts
};

/// Scheme, host and port of a checked URL, as a source; empty for "".
std::string_view OriginOfUrl(std::string_view url);

/// Headers for the files of a page, which let it do no more than that.
Headers PageHeaders(const PagePolicy& policy);

/// The reply to a GET of that file: its bytes, or 304 when the client has them already.
/// @param headers  to be sent with it.
HttpReply ReplyWith(const EmbeddedFile& file, const HttpRequest& request, Headers headers);

/// The reply that sends a browser from `/page` to the folder `/page/`.
HttpReply RedirectToFolder(std::string_view folder, Headers headers);

}  // namespace rtcroom
