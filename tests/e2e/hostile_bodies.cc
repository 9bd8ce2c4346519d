// Lengths, codings and contents of bodies.
#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/hostile_requests.h"

namespace rtcroom {
namespace {

using namespace std::string_literals;  // NOLINT(google-build-using-namespace): of bytes with NUL

constexpr std::size_t kMaxBodyBytes = 65536;

/// A request whose length is given only by this line.
std::string WithLength(const std::string& line, std::string_view body = kGoodBody) {
  return WithOnlyHeaders("Host: localhost\r\n" + line + "\r\n", body);
}

void AddLengths(std::vector<HostileRequest>& table) {
  const std::string right = std::to_string(kGoodBody.size());
  const std::vector<HostileRequest> garbled = {
      {"length: negative", "Content-Length: -1"},
      {"length: minus zero", "Content-Length: -0"},
      {"length: signed", "Content-Length: +" + right},
      {"length: hexadecimal", "Content-Length: 0x13"},
      {"length: hexadecimal without a sign", "Content-Length: 1f"},
      {"length: with an exponent", "Content-Length: 1e1"},
      {"length: with a point", "Content-Length: 19.0"},
      {"length: empty", "Content-Length:"},
      {"length: blanks", "Content-Length:   "},
      {"length: a word", "Content-Length: NaN"},
      {"length: two numbers", "Content-Length: 1 9"},
      {"length: a list of the same", "Content-Length: 19, 19"},
      {"length: a list of others", "Content-Length: 19, 20"},
      {"length: a comma at its end", "Content-Length: 19,"},
      {"length: with a parameter", "Content-Length: 19;x"},
      {"length: in quotes", "Content-Length: \"19\""},
      {"length: digits beyond ASCII", "Content-Length: \xd9\xa1\xd9\xa9"},
      {"length: NUL after it", "Content-Length: 19\0"s},
      {"length: twice, the same", "Content-Length: 19\r\nContent-Length: 19"},
      {"length: twice, conflicting", "Content-Length: 19\r\nContent-Length: 20"},
      {"length: twice, in other letters", "Content-Length: 19\r\ncontent-length: 19"},
      {"length: a blank before the colon", "Content-Length : 19"},
      {"length: folded", "Content-Length:\r\n 19"},
  };
  for (const HostileRequest& row : garbled) {
    table.push_back({row.name, WithLength(row.bytes), {{400}}});
  }
  table.push_back({"length: blanks around it",
                   WithLength("Content-Length: \t " + right + " \t"),
                   {{200}},
                   Afterwards::kServes});
  table.push_back({"length: none", WithOnlyHeaders("Host: x\r\n"), {{200}}, Afterwards::kServes});
  table.push_back(
      {"length: zero", WithLength("Content-Length: 0", {}), {{200}}, Afterwards::kServes});
  table.push_back({"length: GET with a body",
                   "GET /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde",
                   {{404}},
                   Afterwards::kServes});
}

void AddTooLarge(std::vector<HostileRequest>& table) {
  for (const std::string length :
       {"65537", "4294967296", "4294967315", "9223372036854775808", "18446744073709551616",
        "18446744073709551635", "99999999999999999999999999999999999999"}) {
    table.push_back({"too large: " + length, WithLength("Content-Length: " + length), {{413}}});
  }
  const std::string full(kMaxBodyBytes, ' ');
  table.push_back({"too large: not yet", WithHeaders({}, full), {{200}}, Afterwards::kServes});
  table.push_back({"too large: by one byte, sent whole", WithHeaders({}, full + " "), {{413}}});
  table.push_back({"too large: of an unknown path",
                   "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
                   {{413}}});
  table.push_back({"too large: and the client would wait",
                   WithLength("Content-Length: 99999999\r\nExpect: 100-continue", {}),
                   {{413}}});
}

void AddExpectations(std::vector<HostileRequest>& table) {
  for (const std::string value : {"100-continue", "100-Continue", "100-CONTINUE"}) {
    table.push_back({"expect: " + value,
                     WithHeaders("Expect: " + value + "\r\n"),
                     {{200}},
                     Afterwards::kServes});
  }
  for (const std::string value : {"magic", "200-ok", "100-continue, magic", "100"}) {
    table.push_back({"expect: " + value, WithHeaders("Expect: " + value + "\r\n"), {{417}}});
  }
}

void AddCodings(std::vector<HostileRequest>& table) {
  const std::string chunks = "13\r\n" + std::string(kGoodBody) + "\r\n0\r\n\r\n";
  const std::vector<HostileRequest> framings = {
      {"framing: chunked", "Transfer-Encoding: chunked"},
      {"framing: chunked, in capitals", "TRANSFER-ENCODING: CHUNKED"},
      {"framing: chunked after a tab", "Transfer-Encoding:\tchunked"},
      {"framing: chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"},
      {"framing: gzip and chunked", "Transfer-Encoding: gzip, chunked"},
      {"framing: identity", "Transfer-Encoding: identity"},
      {"framing: an unknown one", "Transfer-Encoding: xchunked"},
      {"framing: an empty one", "Transfer-Encoding:"},
      {"framing: both, the length first", "Content-Length: 19\r\nTransfer-Encoding: chunked"},
      {"framing: both, the length last", "Transfer-Encoding: chunked\r\nContent-Length: 19"},
      {"framing: both, the length zero", "Content-Length: 0\r\nTransfer-Encoding: chunked"},
      {"framing: chunked and identity",
       "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"},
  };
  for (const HostileRequest& row : framings) {
    table.push_back({row.name, WithLength(row.bytes, chunks), {{411}}});
  }
  table.push_back({"framing: a blank before the colon",
                   WithLength("Transfer-Encoding : chunked", chunks),
                   {{400}}});
  table.push_back(
      {"framing: folded", WithLength("Transfer-Encoding:\r\n chunked", chunks), {{400, 411}}});

  for (const std::string coding : {"gzip", "GZIP", "x-gzip", "deflate", "br", "zstd", "compress",
                                   "identity, gzip", "gzip, identity", "anything"}) {
    table.push_back(
        {"coding: " + coding, WithHeaders("Content-Encoding: " + coding + "\r\n"), {{415}}});
  }
  const std::string packed = "\x1f\x8b\x08\0\0\0\0\0\0\x03"s + std::string(2000, '\0');
  table.push_back(
      {"coding: a gzip bomb", WithHeaders("Content-Encoding: gzip\r\n", packed), {{415}}});
  for (const std::string coding : {"identity", "Identity"}) {
    table.push_back({"coding: " + coding,
                     WithHeaders("Content-Encoding: " + coding + "\r\n"),
                     {{200}},
                     Afterwards::kServes});
  }
}

void AddContents(std::vector<HostileRequest>& table) {
  const std::string many(60'000, '&');
  const std::vector<HostileRequest> contents = {
      {"content: nested deep", std::string(30'000, '[')},
      {"content: nested deep in objects", R"({"a":)" + std::string(20'000, '{')},
      {"content: an endless number", R"({"cnt":1e)" + std::string(5000, '9') + ",\"index\":0}"},
      {"content: a number of 60,000 digits", R"({"cnt":)" + std::string(60'000, '1') + "}"},
      {"content: an endless text", "{\"cnt\":\"" + std::string(60'000, 'a')},
      {"content: NULs", std::string(1000, '\0')},
      {"content: not UTF-8", "{\"cnt\":\"\xc0\xaf\",\"index\":0}"},
      {"content: a lone surrogate", R"({"cnt":"\ud800","index":0})"},
      {"content: UTF-16", "\xff\xfe{\0}\0"s},
      {"content: a gzip that is not announced", "\x1f\x8b\x08\0\0\0\0\0\0\x03"s},
      {"content: a prototype", R"({"__proto__":{"cnt":1},"constructor":1})"},
      {"content: an XML bomb", R"(<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>)"},
  };
  for (const HostileRequest& row : contents) {
    table.push_back({row.name,
                     WithHeaders("Content-Type: application/json\r\n", row.bytes),
                     {{200}},
                     Afterwards::kServes});
  }
  const std::string form = "Content-Type: application/x-www-form-urlencoded\r\n";
  table.push_back({"form: nothing but &", WithHeaders(form, many), {{200}}, Afterwards::kServes});
  table.push_back({"form: broken escapes",
                   WithHeaders(form, "cnt=%&index=%zz&%=%0"),
                   {{200}},
                   Afterwards::kServes});
  table.push_back(
      {"form: NUL", WithHeaders(form, "cnt=%00&index=0"), {{200}}, Afterwards::kServes});
  table.push_back({"type: several parts without a boundary",
                   WithHeaders("Content-Type: multipart/form-data\r\n"),
                   {{200}},
                   Afterwards::kServes});
  table.push_back({"type: several parts that do not end",
                   WithHeaders("Content-Type: multipart/form-data; boundary=b\r\n",
                               "--b\r\nContent-Disposition: form-data; name=\"cnt\"\r\n\r\n1"),
                   {{200}},
                   Afterwards::kServes});
  table.push_back({"type: a boundary of 4 KB",
                   WithHeaders("Content-Type: multipart/form-data; boundary=" +
                               std::string(4000, 'b') + "\r\n"),
                   {{200}},
                   Afterwards::kServes});
  table.push_back(
      {"type: nonsense", WithHeaders("Content-Type: ;;;=\"\r\n"), {{200}}, Afterwards::kServes});
}

}  // namespace

void AddHostileBodies(std::vector<HostileRequest>& table) {
  AddLengths(table);
  AddTooLarge(table);
  AddExpectations(table);
  AddCodings(table);
  AddContents(table);
}

}  // namespace rtcroom
