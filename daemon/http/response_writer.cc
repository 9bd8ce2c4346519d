#include "daemon/http/response_writer.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include <boost/beast/http/status.hpp>
#include <boost/container/small_vector.hpp>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

constexpr std::string_view kJson = "application/json; charset=utf-8";
/// @source RFC 9110 8.6.
constexpr bool HasContentLength(int status) { return status != 204 && status != 304; }
/// Reserved for the status line and headers; enough for most responses.
constexpr std::size_t kUsualHeadBytes = 256;

/// A header line; views of a reply and of constants.
using HeaderLine = std::pair<std::string_view, std::string_view>;
/// The lines are in alphabetical order, and in place for the few headers of a usual reply.
using HeaderLines = boost::container::small_vector<HeaderLine, 16>;

bool HasLineBreak(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return c == '\r' || c == '\n'; });
}

bool LessIgnoringCase(std::string_view left, std::string_view right) {
  return std::ranges::lexicographical_compare(
      left, right, {}, [](char c) { return ToLower(c); }, [](char c) { return ToLower(c); });
}

/// Inserts a line behind those of the same name.
void Insert(HeaderLines& lines, std::string_view name, std::string_view value) {
  auto place = lines.end();
  while (place != lines.begin() && LessIgnoringCase(name, (place - 1)->first)) --place;
  lines.emplace(place, name, value);
}

void AppendHeader(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ", 2).append(value).append("\r\n", 2);
}

/// A head of a connection that is no longer one of requests.
std::string EncodeLastHead(std::string_view status_line, const Headers& headers,
                           std::string_view connection) {
  std::string head(status_line);
  head.append("\r\n");
  for (const auto& [name, value] : headers) AppendHeader(head, name, value);
  AppendHeader(head, "Connection", connection);
  return head.append("\r\n");
}

}  // namespace

EncodedResponse EncodeResponse(const ResponseFormat& format, const HttpReply& reply, bool draining,
                               std::chrono::milliseconds idle_timeout) {
  const bool keep_alive = format.keep_alive && (!draining || format.more_follows);
  const std::string content_length = std::to_string(reply.body.size());
  std::string timeout;
  HeaderLines lines;
  for (const auto& [name, value] : reply.headers) {
    if (!HasLineBreak(name) && !HasLineBreak(value)) Insert(lines, name, value);
  }
  if (!keep_alive) {
    Insert(lines, "Connection", "close");
  } else if (format.version == HttpVersion::k10) {
    Insert(lines, "Connection", "keep-alive");  // the default of 1.1 only
  }
  const auto idle_seconds = std::chrono::floor<std::chrono::seconds>(idle_timeout).count();
  if (keep_alive && idle_seconds > 0) {
    timeout = "timeout=" + std::to_string(idle_seconds);
    Insert(lines, "Keep-Alive", timeout);
  }
  if (HasContentLength(reply.status)) Insert(lines, "Content-Length", content_length);
  if (!reply.body.empty() && !HasHeader(reply.headers, "Content-Type")) {
    Insert(lines, "Content-Type", kJson);
  }
  // Text of one client must not be run as a script by another.
  if (!HasHeader(reply.headers, "X-Content-Type-Options")) {
    Insert(lines, "X-Content-Type-Options", "nosniff");
  }

  EncodedResponse response{.keep_alive = keep_alive};
  std::string& bytes = response.bytes;
  bytes.reserve(kUsualHeadBytes + (format.without_body ? 0 : reply.body.size()));
  bytes.append("HTTP/1.1 ").append(std::to_string(reply.status)).append(" ");
  bytes.append(
      boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(reply.status)));
  bytes.append("\r\n");
  for (const auto& [name, value] : lines) AppendHeader(bytes, name, value);
  bytes.append("\r\n");
  if (!format.without_body) bytes.append(reply.body);
  return response;
}

std::string EncodeStreamHead(const HttpReply& reply) {
  return EncodeLastHead("HTTP/1.1 200 OK", reply.headers, "close");
}

std::string EncodeUpgradeHead(const HttpReply& reply) {
  return EncodeLastHead("HTTP/1.1 101 Switching Protocols", reply.headers, "Upgrade");
}

void RemoveSent(std::size_t sent, std::string& bytes) {
  bytes.erase(0, sent);
  if (bytes.capacity() / 2 > bytes.size()) bytes.shrink_to_fit();
}

void ReplyOutbox::AppendInterim(std::string bytes) {
  if (unsent_.empty()) {
    unsent_ = std::move(bytes);
  } else {
    unsent_ += bytes;
  }
}

void ReplyOutbox::Append(EncodedResponse reply) {
  AppendInterim(std::move(reply.bytes));
  closes_ = closes_ || !reply.keep_alive;
}

IoStatus ReplyOutbox::Flush(Transport& transport) {
  std::size_t sent = 0;
  while (sent < unsent_.size()) {
    const IoResult put = transport.Write(std::string_view(unsent_).substr(sent));
    if (put.status != IoStatus::kDone) {
      RemoveSent(sent, unsent_);
      return put.status;
    }
    sent += put.bytes;
  }
  if (sent > 0) std::string().swap(unsent_);  // an idle connection holds no memory
  return IoStatus::kDone;
}

}  // namespace rtcroom
