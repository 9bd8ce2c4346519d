// Header lines.
#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/hostile_requests.h"

namespace rtcroom {
namespace {

using namespace std::string_literals;  // NOLINT(google-build-using-namespace): of bytes with NUL

std::string Repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

void AddMalformedHeaders(std::vector<HostileRequest>& table) {
  const std::vector<HostileRequest> lines = {
      {"header: no colon", "no colon\r\n"},
      {"header: no name", ": value\r\n"},
      {"header: a blank before the colon", "X-A : b\r\n"},
      {"header: a tab before the colon", "X-A\t: b\r\n"},
      {"header: folded by a blank", "X-A: b\r\n c\r\n"},
      {"header: folded by a tab", "X-A: b\r\n\tc\r\n"},
      {"header: a folded length", "X-A: b\r\n Content-Length: 5\r\n"},
      {"header: a blank in the name", "X A: b\r\n"},
      {"header: a parenthesis in the name", "X(A: b\r\n"},
      {"header: a slash in the name", "X/A: b\r\n"},
      {"header: a quote in the name", "\"X\": b\r\n"},
      {"header: a letter beyond ASCII in the name", "X-\xc3\xa4: b\r\n"},
      {"header: a control character in the name", "X\x02: b\r\n"},
      {"header: NUL in the name", "X\0A: b\r\n"s},
      {"header: NUL in the value", "X-A: b\0c\r\n"s},
      {"header: a control character in the value", "X-A: b\x01\r\n"},
      {"header: DEL in the value", "X-A: b\x7f\r\n"},
      {"header: escape in the value", "X-A: \x1b[2J\r\n"},
      {"header: bare CR in the value", "X-A: b\rX-B: c\r\n"},
      {"header: bare CR before CRLF", "X-A: b\r\r\n"},
      {"header: bare LF at its end", "X-A: b\nX-B: c\r\n"},
      {"header: Host twice", "Host: elsewhere\r\n"},
      {"header: Host twice, the same", "Host: localhost\r\n"},
      {"header: Host twice, in other letters", "HOST: localhost\r\n"},
  };
  for (const HostileRequest& line : lines) {
    table.push_back({line.name, WithHeaders(line.bytes), {{400}}});
  }
  table.push_back({"header: folded before the first",
                   WithOnlyHeaders(" X-A: b\r\nHost: localhost\r\n"),
                   {{400}}});
}

void AddDropped(std::vector<HostileRequest>& table) {
  // A header that could pass for a variable of the connection, or for another header once `_`
  // becomes `-`, has no effect.
  const std::vector<HostileRequest> lines = {
      {"dropped: REMOTE_ADDR", "REMOTE_ADDR: 10.0.0.1\r\n"},
      {"dropped: REMOTE_PORT", "REMOTE_PORT: 1\r\n"},
      {"dropped: LOCAL_ADDR", "LOCAL_ADDR: 10.0.0.1\r\n"},
      {"dropped: Content_Length", "Content_Length: 99999999\r\n"},
      {"dropped: Transfer_Encoding", "Transfer_Encoding: chunked\r\n"},
      {"dropped: a dot in the name", "X.A: b\r\n"},
      {"dropped: every other character of a token", "!#$%&'*+.^_`|~: b\r\n"},
      {"ignored: X-Forwarded-For of nobody trusted", "X-Forwarded-For: 10.0.0.1\r\n"},
      {"ignored: X-HTTP-Method-Override", "X-HTTP-Method-Override: DELETE\r\n"},
      {"ignored: an empty value", "X-A:\r\n"},
      {"ignored: a value of blanks", "X-A: \t  \r\n"},
      {"ignored: a tab in a value", "X-A: b\tc\r\n"},
      {"ignored: bytes beyond ASCII in a value", "X-A: \xff\xfe\r\n"},
      {"ignored: Range", "Range: bytes=0-1\r\n"},
      {"ignored: Range of many parts", "Range: bytes=0-0" + Repeated(",0-0", 500) + "\r\n"},
      {"ignored: Range that means nothing", "Range: bytes=9-1,-,x\r\n"},
      {"ignored: Range of another unit", "Range: lines=1-2\r\nIf-Range: \"x\"\r\n"},
      {"ignored: Accept-Encoding of brotli", "Accept-Encoding: br\r\n"},
      {"ignored: Accept-Encoding of gzip", "Accept-Encoding: gzip, deflate, br, zstd\r\n"},
      {"ignored: Accept-Encoding of all", "Accept-Encoding: *;q=1\r\n"},
      {"ignored: TE and Trailer", "TE: trailers\r\nTrailer: X-A\r\n"},
      {"ignored: an upgrade to HTTP/2",
       "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n"},
      {"ignored: an upgrade to WebSocket",
       "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
       "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"},
      {"ignored: conditions", "If-None-Match: *\r\nIf-Modified-Since: yesterday\r\n"},
      {"ignored: a cookie of 4 KiB", "Cookie: " + std::string(4096, 'c') + "\r\n"},
      {"ignored: Keep-Alive", "Keep-Alive: timeout=0, max=0\r\n"},
      {"ignored: Proxy-Connection", "Proxy-Connection: close\r\n"},
      {"ignored: Connection: closed", "Connection: closed\r\n"},
  };
  for (const HostileRequest& line : lines) {
    table.push_back({line.name, WithHeaders(line.bytes), {{200}}, Afterwards::kServes});
  }
  // RFC 9112 3.2 requires 400; scripting clients omit it, and the server does not need it.
  table.push_back({"header: no Host",
                   WithOnlyHeaders("Content-Length: 0\r\n"),
                   {{200, 400}},
                   Afterwards::kHangsUp});
  table.push_back({"header: an empty Host",
                   WithOnlyHeaders("Host:\r\nContent-Length: 0\r\n"),
                   {{200, 400}},
                   Afterwards::kHangsUp});
}

void AddHeaderBounds(std::vector<HostileRequest>& table) {
  constexpr std::size_t kMostHeaders = 64;
  constexpr std::size_t kOfEveryRequest = 2;  // Host and Content-Length
  const auto headers = [](std::string_view line, std::size_t count) {
    return WithHeaders(Repeated(line, count));
  };
  const auto value = [](std::size_t bytes) {
    return WithHeaders("X-A: " + std::string(bytes, 'v') + "\r\n");
  };
  table.push_back({"bounds: 64 headers",
                   headers("X-A: b\r\n", kMostHeaders - kOfEveryRequest),
                   {{200}},
                   Afterwards::kServes});
  table.push_back(
      {"bounds: 65 headers", headers("X-A: b\r\n", kMostHeaders - kOfEveryRequest + 1), {{431}}});
  table.push_back({"bounds: 65 headers that are dropped",
                   headers("X_A: b\r\n", kMostHeaders - kOfEveryRequest + 1),
                   {{431}}});
  table.push_back({"bounds: 2,000 headers", headers("A:b\r\n", 2000), {{431}}});
  table.push_back({"bounds: a head of nearly 8 KiB", value(7900), {{200}}, Afterwards::kServes});
  table.push_back({"bounds: a head of over 8 KiB", value(8192), {{431}}});
  table.push_back({"bounds: a head of 20 KB", value(20'000), {{431}}});
  table.push_back({"bounds: a header without an end",
                   WithOnlyHeaders("X-A: " + std::string(12'000, 'v')),
                   {{431}}});
  table.push_back(
      {"bounds: a name of 9 KB", WithHeaders(std::string(9000, 'N') + ": v\r\n"), {{431}}});
  table.push_back({"bounds: many headers of 1 KiB",
                   headers("X-A: " + std::string(1000, 'v') + "\r\n", 20),
                   {{431}}});
}

void AddConnections(std::vector<HostileRequest>& table) {
  for (const std::string value : {"close", "Close", "CLOSE", "x, close", "close, keep-alive",
                                  "keep-alive,close", " ,close,"}) {
    table.push_back(
        {"connection: " + value, WithHeaders("Connection: " + value + "\r\n"), {{200}}});
  }
  table.push_back(
      {"connection: close in other letters", WithHeaders("cONNECTION: cLOSE\r\n"), {{200}}});
  table.push_back({"connection: two headers, the second closes",
                   WithHeaders("Connection: x\r\nConnection: close\r\n"),
                   {{200}}});
  const auto http10 = [](std::string_view lines) {
    std::string request = WithHeaders(lines);
    return request.replace(request.find("HTTP/1.1"), 8, "HTTP/1.0");
  };
  table.push_back({"HTTP/1.0: closes", http10({}), {{200}}});
  table.push_back({"HTTP/1.0: stays when asked to",
                   http10("Connection: keep-alive\r\n"),
                   {{200}},
                   Afterwards::kServes});
  table.push_back({"HTTP/1.0: stays in any letter case",
                   http10("CONNECTION: Keep-Alive\r\n"),
                   {{200}},
                   Afterwards::kServes});
  table.push_back({"HTTP/1.0: closes when asked for both",
                   http10("Connection: keep-alive, close\r\n"),
                   {{200}}});
  table.push_back({"HTTP/1.0: chunked", http10("Transfer-Encoding: chunked\r\n"), {{411}}});
}

}  // namespace

void AddHostileHeaders(std::vector<HostileRequest>& table) {
  AddMalformedHeaders(table);
  AddDropped(table);
  AddHeaderBounds(table);
  AddConnections(table);
}

}  // namespace rtcroom
