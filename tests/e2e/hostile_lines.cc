// Request lines, and invalid bytes in their place.
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "tests/e2e/hostile_requests.h"

namespace rtcroom {
namespace {

using namespace std::string_literals;  // NOLINT(google-build-using-namespace): of bytes with NUL

/// A complete request that begins with this line.
std::string WithLine(const std::string& line) {
  return line + "\r\nHost: localhost\r\nContent-Length: " + std::to_string(kGoodBody.size()) +
         "\r\n\r\n" + std::string(kGoodBody);
}

std::string GoodLine() { return "POST " + std::string(kGoodTarget) + " HTTP/1.1"; }

void AddMalformedLines(std::vector<HostileRequest>& table) {
  const std::string target(kGoodTarget);
  const std::vector<HostileRequest> lines = {
      {"line: one word", "GARBAGE"},
      {"line: only a blank", " "},
      {"line: only a method", "POST"},
      {"line: HTTP/0.9", "POST " + target},
      {"line: no target", "POST  HTTP/1.1"},
      {"line: a blank at its end", GoodLine() + " "},
      {"line: a blank at its start", " " + GoodLine()},
      {"line: two blanks before the target", "POST  " + target + " HTTP/1.1"},
      {"line: two blanks after the target", "POST " + target + "  HTTP/1.1"},
      {"line: four words", "POST " + target + " x HTTP/1.1"},
      {"line: tabs", "POST\t" + target + "\tHTTP/1.1"},
      {"line: a vertical tab", "POST\v" + target + " HTTP/1.1"},
      {"line: no method", " " + target + " HTTP/1.1"},
      {"line: a parenthesis in the method", "P(ST " + target + " HTTP/1.1"},
      {"line: a colon in the method", "POST: " + target + " HTTP/1.1"},
      {"line: a control character in the method", "PO\x01ST " + target + " HTTP/1.1"},
      {"line: a letter beyond ASCII in the method", "PÖST " + target + " HTTP/1.1"},
      {"line: NUL in the method", "PO\0ST "s + target + " HTTP/1.1"},
      {"line: NUL in the target", "POST "s + target + "\0 HTTP/1.1"s},
      {"line: a control character in the target", "POST " + target + "\x01 HTTP/1.1"},
      {"line: DEL in the target", "POST " + target + "\x7f HTTP/1.1"},
      {"line: a tab in the target", "POST " + target + "\tx HTTP/1.1"},
      {"line: CR in it", "POST " + target + "\rx HTTP/1.1"},
      {"line: CR twice at its end", GoodLine() + "\r"},
      {"version: HTTP/2.0", "POST " + target + " HTTP/2.0"},
      {"version: HTTP/1.2", "POST " + target + " HTTP/1.2"},
      {"version: HTTP/1", "POST " + target + " HTTP/1"},
      {"version: HTTP/1.", "POST " + target + " HTTP/1."},
      {"version: HTTP/1.11", "POST " + target + " HTTP/1.11"},
      {"version: HTTP/01.1", "POST " + target + " HTTP/01.1"},
      {"version: HTTP/0.9", "POST " + target + " HTTP/0.9"},
      {"version: HTTP/3", "POST " + target + " HTTP/3"},
      {"version: HTTP/-1.1", "POST " + target + " HTTP/-1.1"},
      {"version: lower case", "POST " + target + " http/1.1"},
      {"version: mixed case", "POST " + target + " Http/1.1"},
      {"version: HTTPS", "POST " + target + " HTTPS/1.1"},
      {"version: something after it", "POST " + target + " HTTP/1.1x"},
      {"version: NUL after it", "POST "s + target + " HTTP/1.1\0"s},
      {"version: another protocol", "POST " + target + " RTSP/1.0"},
      {"line: PROXY, version 1, where none is expected", "PROXY TCP4 10.0.0.1 10.0.0.2 1 2"},
  };
  for (const HostileRequest& line : lines) {
    table.push_back({line.name, WithLine(line.bytes), {{400}}});
  }
}

void AddForeign(std::vector<HostileRequest>& table) {
  const std::string good = GoodRequest();
  const std::vector<HostileRequest> foreign = {
      {"foreign: HTTP/2 with prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"foreign: a TLS hello", "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00\r\n\r\n"s},
      {"foreign: SOCKS 5", "\x05\x01\x00\r\n\r\n"s},
      {"foreign: SSH", "SSH-2.0-OpenSSH_9.2\r\n"},
      {"foreign: SMTP", "EHLO localhost\r\n"},
      {"foreign: Redis", "*1\r\n$4\r\nPING\r\n"},
      {"foreign: PROXY, version 2, where none is expected",
       "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\0\0\1\x0a\0\0\2\0\1\0\2"s + good},
      {"foreign: NULs", std::string(64, '\0') + "\r\n\r\n"},
      {"foreign: bytes beyond ASCII", std::string(64, '\xff') + "\r\n\r\n"},
      {"foreign: a byte order mark", "\xef\xbb\xbf" + good},
      {"foreign: half of a reply", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
  };
  for (const HostileRequest& row : foreign) table.push_back({row.name, row.bytes, {{400}}});
}

void AddLineEnds(std::vector<HostileRequest>& table) {
  const std::string good = GoodRequest();
  const std::string line = GoodLine();
  const std::string head = "Host: localhost\r\nContent-Length: 0\r\n\r\n";
  table.push_back({"ends: bare LF after the line", line + "\n" + head, {{400}}});
  table.push_back({"ends: bare LF everywhere", line + "\nHost: x\nContent-Length: 0\n\n", {{400}}});
  table.push_back({"ends: bare CR after the line", line + "\r" + head, {{400}}});
  table.push_back({"ends: LF before CR", line + "\n\r" + head, {{400}}});
  table.push_back({"ends: bare LF for the empty line",
                   line + "\r\nHost: x\r\nContent-Length: 0\r\n\n",
                   {{400}}});
  // RFC 9112 2.2: some clients send an empty line after a body.
  table.push_back({"before: an empty line", "\r\n" + good, {{200}}, Afterwards::kServes});
  table.push_back({"before: two empty lines", "\r\n\r\n" + good, {{200}}, Afterwards::kServes});
  table.push_back({"before: three empty lines", "\r\n\r\n\r\n" + good, {{400}}});
  table.push_back({"before: nothing but empty lines", "\r\n\r\n\r\n\r\n\r\n\r\n", {{400}}});
  table.push_back({"before: bare LF", "\n" + good, {{400}}});
  table.push_back({"before: bare CR", "\r" + good, {{400}}});
}

void AddLineBounds(std::vector<HostileRequest>& table) {
  const auto with_query = [](std::size_t bytes) {
    return WithLine("POST " + std::string(kGoodTarget) + "?q=" + std::string(bytes, 'q') +
                    " HTTP/1.1");
  };
  const auto with_path = [](std::size_t bytes) {
    return WithLine("POST /" + std::string(bytes - 1, 'p') + " HTTP/1.1");
  };
  table.push_back({"bounds: a long query", with_query(1900), {{200}}, Afterwards::kServes});
  table.push_back({"bounds: a line over 2 KiB", with_query(2048), {{414}}});
  table.push_back({"bounds: a line of 20 KiB", with_query(20'000), {{414}}});
  table.push_back({"bounds: a line without an end", "POST /?" + std::string(6000, 'q'), {{414}}});
  table.push_back({"bounds: a path of 512 bytes", with_path(512), {{404}}, Afterwards::kServes});
  table.push_back({"bounds: a path of 513 bytes", with_path(513), {{414}}});
  table.push_back({"bounds: a path of 1,900 bytes", with_path(1900), {{414}}});
  table.push_back({"bounds: a path of encoded bytes",
                   WithLine("POST /" + std::string(180, '%') + " HTTP/1.1"),
                   {{400, 404}},
                   Afterwards::kHangsUp});
  table.push_back({"bounds: a method over 2 KiB",
                   WithLine(std::string(3000, 'M') + " / HTTP/1.1"),
                   {{400, 414}}});
}

void AddMethods(std::vector<HostileRequest>& table) {
  const std::string target(kGoodTarget);
  for (const std::string method :
       {"GET", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "post", "Post", "X", "P-O_S.T",
        "SUBSCRIBE",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    table.push_back({"method: " + method + " of a known path",
                     WithLine(fmt::format("{} {} HTTP/1.1", method, target)),
                     {{405}},
                     Afterwards::kServes});
  }
  table.push_back({"method: CONNECT of a known path",
                   WithLine("CONNECT " + target + " HTTP/1.1"),
                   {{400, 405}},
                   Afterwards::kHangsUp});
  table.push_back({"method: HEAD of a known path",
                   "HEAD " + target + " HTTP/1.1\r\nHost: x\r\n\r\n",
                   {{405}},
                   Afterwards::kServes});
  table.push_back({"method: OPTIONS of a known path",
                   WithLine("OPTIONS " + target + " HTTP/1.1"),
                   {{204}},
                   Afterwards::kServes});
  for (const std::string method : {"GET", "OPTIONS", "PROPFIND"}) {
    table.push_back({"method: " + method + " of an unknown path",
                     WithLine(method + " /nowhere HTTP/1.1"),
                     {{404}},
                     Afterwards::kServes});
  }
}

}  // namespace

void AddHostileLines(std::vector<HostileRequest>& table) {
  AddMalformedLines(table);
  AddForeign(table);
  AddLineEnds(table);
  AddLineBounds(table);
  AddMethods(table);
}

}  // namespace rtcroom
