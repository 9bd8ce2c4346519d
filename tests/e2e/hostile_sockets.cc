#include "tests/e2e/hostile_sockets.h"

#include <fmt/format.h>

#include "tests/e2e/channel_caller.h"
#include "tests/e2e/channel_page.h"
#include "tests/support/web_socket_frames.h"

namespace rtcroom {
namespace {

using namespace std::string_literals;  // NOLINT(google-build-using-namespace): of bytes with NUL

using nlohmann::json;

std::map<std::string, std::string> GoodHeaders() {
  return {{"Host", "localhost"},           {"Upgrade", "websocket"},
          {"Connection", "Upgrade"},       {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
          {"Sec-WebSocket-Version", "13"}, {"Sec-WebSocket-Protocol", "rtcroomd.v1"}};
}

constexpr int kTooLong = 80002;

}  // namespace

std::map<std::string, std::string> With(const std::map<std::string, std::string>& changes) {
  std::map<std::string, std::string> headers = GoodHeaders();
  for (const auto& [name, value] : changes) {
    headers[name] = value;
    if (value.empty()) headers.erase(name);
  }
  return headers;
}

std::vector<HostileHandshake> HostileHandshakes() {
  const std::string get = "GET /channel/ws HTTP/1.1";
  const char* const key = "Sec-WebSocket-Key";
  const char* const version = "Sec-WebSocket-Version";
  return {
      {"no upgrade", get, With({{"Upgrade", ""}, {"Connection", ""}}), 426},
      {"another upgrade", get, With({{"Upgrade", "h2c"}}), 426},
      {"an upgrade without Connection", get, With({{"Connection", ""}}), 426},
      {"no version", get, With({{version, ""}}), 426},
      {"an old version", get, With({{version, "8"}}), 426},
      {"a version that is no number", get, With({{version, "thirteen"}}), 426},
      {"no key", get, With({{key, ""}}), 400},
      {"a short key", get, With({{key, "c2hvcnQ="}}), 400},
      {"a key that is no base64", get, With({{key, "!!!!!!!!!!!!!!!!!!!!!!=="}}), 400},
      {"a long key", get, With({{key, std::string(32, 'A')}}), 400},
      {"another origin", get, With({{"Origin", "https://other.example"}}), 403},
      {"no origin in particular", get, With({{"Origin", "null"}}), 403},
      {"an origin that contains the good one", get,
       With({{"Origin", "https://page.example.evil.example"}}), 403},
      {"the good origin in plain text", get, With({{"Origin", "http://page.example"}}), 403},
      {"POST", "POST /channel/ws HTTP/1.1", With({{"Content-Length", "0"}}), 400},
  };
}

std::string HeadOf(const HostileHandshake& row) {
  std::string head = row.request_line + "\r\n";
  for (const auto& [name, value] : row.headers) head += fmt::format("{}: {}\r\n", name, value);
  return head + "\r\n";
}

std::string Repeat(std::string_view text, std::size_t times) {
  std::string repeated;
  for (std::size_t i = 0; i < times; ++i) repeated += text;
  return repeated;
}

std::vector<HostileBytes> HostileTexts() {
  const std::vector<std::pair<std::string, std::string>> no_objects = {
      {"an empty text", ""},
      {"no JSON", "hello"},
      {"an unfinished object", R"({"id":1,"ping":{})"},
      {"two objects", R"({"id":1,"ping":{}}{"id":2,"ping":{}})"},
      {"an array", R"([{"id":1,"ping":{}}])"},
      {"a number", "1"},
      {"null", "null"},
      {"nested arrays", std::string(60'000, '[')},
      {"nested objects", Repeat(R"({"a":)", 10'000)},
      {"nested and closed",
       R"({"id":1,"ping":)" + std::string(20'000, '[') + std::string(20'000, ']') + "}"},
      {"an endless number", R"({"id":1e)" + std::string(5000, '9') + ",\"ping\":{}}"},
      {"a NUL", "\0"s},
      {"an escaped NUL", R"({"id":1,"connect":{"userID":"a\u0000b"}})"},
      {"an id of many digits", R"({"id":)" + std::string(60'000, '1') + ",\"ping\":{}}"},
      {"a byte order mark and nothing", "\xef\xbb\xbf"},
  };
  const std::vector<std::pair<std::string, std::string>> no_ids = {
      {"an empty object", "{}"},
      {"no id", R"({"ping":{}})"},
      {"an id that is null", R"({"id":null,"ping":{}})"},
      {"an id that is a text", R"({"id":"1","ping":{}})"},
      {"an id that is negative", R"({"id":-1,"ping":{}})"},
      {"an id that is a fraction", R"({"id":1.5,"ping":{}})"},
      {"an id that is a switch", R"({"id":true,"ping":{}})"},
      {"an id beyond 2^53", R"({"id":9007199254740993,"ping":{}})"},
      {"an id of 1e300", R"({"id":1e300,"ping":{}})"},
  };
  const std::vector<std::pair<std::string, std::string>> no_connects = {
      {"a first request that is another", R"({"id":1,"ping":{}})"},
      {"a first request that is unknown", R"({"id":1,"reboot":{}})"},
      {"a first request with a prototype", R"({"id":1,"__proto__":{"userID":"alice"}})"},
      {"a first request with a lone surrogate", R"({"id":1,"ping":{"a":"\ud800"}})"},
      {"a first request without a verb", R"({"id":1})"},
      {"a first request of two verbs", R"({"id":1,"connect":{},"ping":{}})"},
      {"a connect that is a text", R"({"id":1,"connect":"alice"})"},
  };
  std::vector<HostileBytes> rows;
  for (const auto& [name, text] : no_objects) rows.push_back({name, ClientText(text), 1007});
  for (const auto& [name, text] : no_ids) rows.push_back({name, ClientText(text), 1008});
  for (const auto& [name, text] : no_connects) rows.push_back({name, ClientText(text), 1008});
  return rows;
}

std::vector<std::pair<std::string, json>> OddValues() {
  return {{"an object", {{"a", 1}}},
          {"an array", json::array({1})},
          {"a fraction", 0.5},
          {"a negative number", -1},
          {"a huge number", 1e300},
          {"a switch", true},
          {"a text of 20 KB", std::string(20'000, 'x')}};
}

std::vector<HostileRequest> HostileSocketRequests() {
  const json room = RoomOf("r1");
  json send = room;
  send.update({{"type", "text"}, {"body", "hello"}, {"key", "k"}, {"nick", "n"}, {"avatar", "a"}});
  json history = room;
  history.update({{"before", 5}, {"limit", 5}});
  const std::pair<const char*, json> requests[] = {
      {"subscribe", PolledRoomOf(room, "c")},
      {"unsubscribe", room},
      {"watch", {{"kind", "live"}}},
      {"unwatch", {{"kind", "live"}}},
      {"send", send},
      {"history", history},
      {"members", room},
      {"presence", room},
      {"conversations", {{"limit", 1}}},
      {"ping", {{"direct", 1}}},
  };
  std::vector<HostileRequest> rows;
  for (const auto& [verb, body] : requests) {
    for (const auto& field : body.items()) {
      for (const auto& [name, value] : OddValues()) {
        json changed = body;
        changed[field.key()] = value;
        // A number is read as a text, of which some are valid; a cursor that is none is too old.
        std::set<int> codes = {kBadField, kBadJson, kNoSuchGroup, kTooLong};
        const std::string& key = field.key();
        const bool may_be_valid =
            key == "nick" || key == "avatar" || key == "body" || key == "key" || key == "cursor";
        if (may_be_valid) codes.insert(0);
        // The name of a room that does not exist, to which the socket has no subscription.
        if (key == "roomID" && name == "a negative number") codes = {0, kNoSuchGroup, kNotInGroup};
        rows.push_back({fmt::format("{}: {} is {}", verb, key, name), verb, changed, codes});
      }
    }
    rows.push_back({fmt::format("{}: an array", verb), verb, json::array(), {kBadJson}});
    rows.push_back({fmt::format("{}: a text", verb), verb, "x", {kBadJson}});
  }
  for (const char* verb :
       {"reboot", "SUBSCRIBE", "", "__proto__", "constructor", "error", "event"}) {
    rows.push_back({"verb " + std::string(verb), verb, json::object(), {60002}});
  }
  rows.push_back({"connect twice", "connect", TicketLogin("alice"), {kBadField}});
  rows.push_back({"send: to an empty name",
                  "send",
                  {{"to", ""}, {"type", "text"}, {"body", "a"}},
                  {kBadField}});
  rows.push_back({"send: to a room without a subscription",
                  "send",
                  [&] {
                    json other = send;
                    other["roomID"] = "r2";
                    return other;
                  }(),
                  {kNotInGroup}});
  rows.push_back({"history: both ways",
                  "history",
                  {{"kind", "multi"}, {"roomID", "r1"}, {"before", 1}, {"after", 1}},
                  {kBadField}});
  return rows;
}

}  // namespace rtcroom
