#include "tests/fuzz/request_bytes.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "tests/support/endpoint_fields.h"

namespace rtcroom {
namespace {

constexpr char kSeparator = '\x1E';

/// Removes everything up to and including the next `end` from the front of `rest`; returns it
/// without `end`.
std::string TakeUntil(char end, std::string_view& rest) {
  const std::size_t length = std::min(rest.find(end), rest.size());
  std::string taken(rest.substr(0, length));
  rest.remove_prefix(std::min(length + 1, rest.size()));
  return taken;
}

HttpRequest RequestFromBytes(std::string_view bytes) {
  HttpRequest request;
  request.method = TakeUntil('\n', bytes);
  request.path = TakeUntil('\n', bytes);
  request.query = TakeUntil('\n', bytes);
  request.content_type = TakeUntil('\n', bytes);
  request.origin = TakeUntil('\n', bytes);
  request.body = bytes;
  request.peer_address = "192.0.2.1";
  request.request_id = "fuzz";
  return request;
}

constexpr std::string_view kTokens[] = {
    "\"__proto__\":",
    "null",
    "true",
    "[]",
    "{}",
    "-1",
    "1e309",
    "0.5",
    "18446744073709551616",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "\"@TGS#1\"",
    "[[[[[[[[[[[[[[[[[[",
    "token=",
    "userID=",
    "%00",
    "%zz",
    "&",
    "+",
    "//",
    "/..",
    "/weapp",
    "live_room",
    "multi_room",
    "merge_stream",
    "OPTIONS",
    "application/json",
    "application/x-www-form-urlencoded",
    "text/xml",
    "; charset=gbk",
    "\r\n",
    "\xFF\xFE",
    "\xF0\x9F\x8E\xA5",
};

/// `kTokens`, and the names of all fields.
const std::vector<std::string>& Tokens() {
  static const std::vector<std::string> tokens = [] {
    std::set<std::string> names;
    for (const EndpointCall& call : AllCalls()) {
      for (const FieldSpec& field : call.fields) names.insert(fmt::format("\"{}\":", field.name));
    }
    std::vector<std::string> all(std::begin(kTokens), std::end(kTokens));
    all.insert(all.end(), names.begin(), names.end());
    return all;
  }();
  return tokens;
}

}  // namespace

std::vector<HttpRequest> RequestsFromBytes(std::string_view bytes) {
  std::vector<HttpRequest> requests;
  do {
    requests.push_back(RequestFromBytes(TakeUntil(kSeparator, bytes)));
  } while (!bytes.empty());
  return requests;
}

std::string MutateRequestBytes(std::string bytes, std::string_view other, std::mt19937_64& random) {
  const std::size_t place = random() % (bytes.size() + 1);
  const std::size_t length = random() % 16;
  switch (random() % 7) {
    case 0:  // flip a bit
      if (place < bytes.size())
        bytes[place] = static_cast<char>(bytes[place] ^ (1 << random() % 8));
      break;
    case 1:
      bytes.insert(place, 1, static_cast<char>(random() & 0xFF));
      break;
    case 2:
      bytes.erase(place, length);
      break;
    case 3:  // repeat a piece, sometimes many times
      bytes.insert(place, bytes.substr(place, length));
      break;
    case 4:
      bytes.insert(place, random() % 32 == 0 ? 2000 : length, 'x');
      break;
    case 5:
      bytes.insert(place, Tokens()[random() % Tokens().size()]);
      break;
    default: {
      const std::size_t from = random() % (other.size() + 1);
      bytes.insert(place, other.substr(from, random() % 200));
      break;
    }
  }
  return bytes;
}

}  // namespace rtcroom
