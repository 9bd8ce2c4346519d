#include "daemon/http/response_writer.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/beast/http/status.hpp>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

constexpr std::string_view kJson = "application/json; charset=utf-8";
constexpr int kNoContent = 204;
constexpr int kNotModified = 304;
/// Reserved for the status line and headers; enough for most responses.
constexpr std::size_t kUsualHeadBytes = 256;

bool HasLineBreak(std::string_view text) { return text.find_first_of("\r\n") != text.npos; }

bool LessIgnoringCase(std::string_view left, std::string_view right) {
  return std::ranges::lexicographical_compare(
      left, right, [](char a, char b) { return ToLower(a) < ToLower(b); });
}

/// By name; stable, and quick for the few headers of a reply.
void Sort(Headers& headers) {
  for (auto next = headers.begin(); next != headers.end(); ++next) {
    const auto place = std::ranges::upper_bound(headers.begin(), next, next->first,
                                                LessIgnoringCase, &Headers::value_type::first);
    std::rotate(place, next, next + 1);
  }
}

void AppendHeader(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

EncodedResponse EncodeResponse(const ResponseFormat& format, HttpReply reply, bool draining) {
  const bool keep_alive = format.keep_alive && (!draining || format.more_follows);
  Headers& headers = reply.headers;
  std::erase_if(headers, [](const auto& header) {
    return HasLineBreak(header.first) || HasLineBreak(header.second);
  });
  if (!keep_alive) {
    headers.emplace_back("Connection", "close");
  } else if (format.version == HttpVersion::k10) {
    headers.emplace_back("Connection", "keep-alive");  // the default of 1.1 only
  }
  if (reply.status != kNoContent && reply.status != kNotModified) {
    headers.emplace_back("Content-Length", std::to_string(reply.body.size()));
  }
  if (!reply.body.empty() && !HasHeader(headers, "Content-Type")) {
    headers.emplace_back("Content-Type", kJson);
  }
  // Text of one client must not be run as a script by another.
  if (!HasHeader(headers, "X-Content-Type-Options")) {
    headers.emplace_back("X-Content-Type-Options", "nosniff");
  }
  Sort(headers);

  EncodedResponse response{.keep_alive = keep_alive};
  std::string& bytes = response.bytes;
  bytes.reserve(kUsualHeadBytes + (format.without_body ? 0 : reply.body.size()));
  bytes.append("HTTP/1.1 ").append(std::to_string(reply.status)).append(" ");
  bytes.append(
      boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(reply.status)));
  bytes.append("\r\n");
  for (const auto& [name, value] : headers) AppendHeader(bytes, name, value);
  bytes.append("\r\n");
  if (!format.without_body) bytes.append(reply.body);
  return response;
}

std::string EncodeStreamHead(const HttpReply& reply) {
  std::string head = "HTTP/1.1 200 OK\r\n";
  for (const auto& [name, value] : reply.headers) AppendHeader(head, name, value);
  AppendHeader(head, "Connection", "close");
  return head.append("\r\n");
}

}  // namespace rtcroom
