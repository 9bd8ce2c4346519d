// The log lines of each request, in both formats.
#include <cstddef>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"
#include "tests/support/im_stand_in.h"
#include "tests/support/server_process.h"
#include "tests/support/wechat_stand_in.h"

namespace rtcroom {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

/// One line: its fields by their names, `level` and `event` among them.
using LogLine = std::map<std::string, std::string>;

LogLine ReadJson(const std::string& text) {
  LogLine line;
  const nlohmann::json object = nlohmann::json::parse(text);
  for (const auto& [name, value] : object.items()) {
    line[name] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return line;
}

LogLine ReadText(const std::string& text) {
  static const std::regex whole(R"re((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (\w+) (\w+)(.*))re");
  static const std::regex field(R"re( (\w+)=("(?:[^"\\]|\\.)*"|[^\s"=]+))re");
  std::smatch parts;
  if (!std::regex_match(text, parts, whole)) return {};
  LogLine line = {{"time", parts[1]}, {"level", parts[2]}, {"event", parts[3]}};
  const std::string rest = parts[4];
  std::size_t read = 0;
  for (std::sregex_iterator found(rest.begin(), rest.end(), field), end; found != end; ++found) {
    read += static_cast<std::size_t>(found->length());
    line[(*found)[1]] = (*found)[2];
  }
  return read == rest.size() ? line : LogLine();
}

/// Whether its duration is over the warning threshold, which a busy machine may cause.
bool IsSlow(const LogLine& request) {
  constexpr double kSlowMs = 1000;
  return std::stod(request.at("duration_ms")) > kSlowMs;
}

constexpr std::size_t kLoggedRequests = 6;

/// The parameter is `log.format`.
class LogLines : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    wechat_.Answer("code", {"no JSON"});
    ApiClient phone = server_.Https();
    EXPECT_EQ(phone.Call("multi_room", "create_room", CreateBody("u1", "r1")).code(), kOk);
    EXPECT_EQ(phone.Call("multi_room", "get_pushers", RoomBody("r1")).code(), kOk);
    EXPECT_EQ(phone.Call("multi_room", "get_pushers", RoomBody("nowhere")).code(), kNoSuchRoom);
    EXPECT_NE(
        phone.Call("live_room", "get_im_login_info", {{"userIDPrefix", "weixin"}, {"code", "code"}})
            .code(),
        kOk);
    EXPECT_EQ(phone.Call("multi_room", "destroy_room", MemberBody("r1", "u1")).code(), kOk);
    EXPECT_EQ(phone.Call("double_room", "create_room", CreateBody("silent", "r2")).code(), kOk);
    EXPECT_TRUE(WaitForLines("request", kLoggedRequests));
    ExpireWhoIsLeft();
  }

  /// Restarts the server with short leases, when no test part needs a long one.
  void ExpireWhoIsLeft() {
    const std::string lasting = R"(room.heartbeat_timeout = "1h")";
    std::string config = ReadWholeFile(server_.config_file());
    const std::size_t at = config.find(lasting);
    ASSERT_NE(at, std::string::npos);
    config.replace(at, lasting.size(), R"(room.heartbeat_timeout = "500ms")");
    std::ofstream(server_.config_file()) << config;
    ASSERT_EQ(server_.Terminate(), 0);
    server_.Start();
    EXPECT_TRUE(WaitForLines("pusher_expired", 1));
    EXPECT_TRUE(WaitForLines("room_destroyed", 2));
  }

  /// Waits until there are exactly this many lines with that event.
  bool WaitForLines(const std::string& event, std::size_t count) {
    return Eventually([&] { return Lines(event).size() == count; });
  }
  /// Every line with that event; all lines if it is empty.
  std::vector<LogLine> Lines(const std::string& event = "") {
    std::vector<LogLine> lines;
    std::istringstream log(server_.Log());
    for (std::string text; std::getline(log, text);) {
      if (log.eof()) break;  // still being written
      LogLine line = GetParam() == "json" ? ReadJson(text) : ReadText(text);
      EXPECT_THAT(line, testing::Not(IsEmpty())) << text;
      if (event.empty() || line["event"] == event) lines.push_back(std::move(line));
    }
    return lines;
  }
  /// The one line of a request to that endpoint with that code.
  LogLine Request(const std::string& endpoint, const std::string& code) {
    std::vector<LogLine> found;
    for (const LogLine& line : Lines("request")) {
      if (line.at("endpoint") == endpoint && line.at("code") == code) found.push_back(line);
    }
    EXPECT_THAT(found, SizeIs(1)) << endpoint << " " << code;
    return found.empty() ? LogLine() : found.front();
  }

  /// As a caller with the admin token, or with another one.
  ApiReply Operate(const std::string& call, const nlohmann::json& body,
                   const char* token = kToken) {
    return server_.Admin().Send({.target = "/console/api/" + call,
                                 .body = body.dump(),
                                 .headers = {{"Authorization", std::string("Bearer ") + token}}});
  }

  static constexpr const char* kToken = "a token for operators";
  ImStandIn im_;
  WechatStandIn wechat_;
  ServerProcess server_{{.settings = {{"log.format", GetParam()},
                                      {"admin.token", kToken},
                                      {"im.enabled", true},
                                      {"im.base_url", im_.base_url()},
                                      {"im.sdk_app_id", 1400000001},
                                      {"im.secret_key", "a key of the test"},
                                      {"wechat.app_id", "wx_app"},
                                      {"wechat.secret", "wx_secret"},
                                      {"wechat.strict", true},
                                      {"wechat.base_url", wechat_.base_url()},
                                      {"room.sweep_period", "100ms"}}}};
};

// In few tests, as each begins with two starts of a server.
TEST_P(LogLines, ContainEachRequestOnceWithItsIdAtItsLevel) {
  std::set<std::string> ids;
  for (const LogLine& line : Lines("request")) {
    EXPECT_TRUE(ids.insert(line.at("request_id")).second) << line.at("request_id");
    for (const char* field : {"kind", "endpoint", "code", "duration_ms"}) {
      EXPECT_TRUE(line.contains(field)) << field;
    }
  }
  EXPECT_THAT(ids, SizeIs(kLoggedRequests));
  for (const char* code : {"0", "3"}) {
    const LogLine line = Request("get_pushers", code);
    EXPECT_EQ(line.at("level"), IsSlow(line) ? "warn" : "debug");
  }
  EXPECT_EQ(Request("get_im_login_info", "6").at("level"), "warn");
  for (const char* event : {"room_created", "room_destroyed", "pusher_expired"}) {
    for (const LogLine& line : Lines(event)) EXPECT_EQ(line.at("level"), "info") << event;
  }

  std::set<std::string> creations;
  for (const LogLine& line : Lines("request")) {
    if (line.at("endpoint") == "create_room") creations.insert(line.at("request_id"));
  }
  const std::vector<LogLine> created = Lines("room_created");
  ASSERT_THAT(created, SizeIs(2));
  for (const LogLine& line : created) {
    EXPECT_EQ(creations.erase(line.at("request_id")), 1U)
        << "although IM groups were created in between";
  }
  const std::string destroy = Request("destroy_room", "0").at("request_id");
  const std::string login = Request("get_im_login_info", "6").at("request_id");
  EXPECT_EQ(Lines("wechat_answer_unreadable").at(0).at("request_id"), login);
  for (const LogLine& line : Lines("room_destroyed")) {
    // Evictions by the reaper belong to no request.
    const bool was_asked_for = line.at("room") == "r1";
    EXPECT_EQ(line.contains("request_id") ? line.at("request_id") : "none",
              was_asked_for ? destroy : "none");
  }
}

TEST_P(LogLines, ContainWhatOperatorsDoAndWhoIsRefused) {
  // With a ban, which works also for absent users: members stay only briefly here.
  const nlohmann::json amy = {
      {"kind", "multi"}, {"roomID", "r3"}, {"userID", "amy"}, {"banSeconds", 60}};
  const std::size_t asked_before = Lines("request").size();
  EXPECT_EQ(Operate("dismiss", {{"kind", "multi"}, {"roomID", "nowhere"}}).status, 404);
  EXPECT_EQ(Operate("kick", amy).code(), kOk);
  ApiClient phone = server_.Https();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Operate("kick", {}, "guessed by somebody").status, 401);
    EXPECT_EQ(
        phone.Send({.target = "/weapp/multi_room/get_pushers?userID=u1&token=guessed"}).code(),
        kNotAuthorized);
  }
  ASSERT_EQ(server_.Terminate(), 0);  // its log is complete
  EXPECT_THAT(Lines("request"), SizeIs(asked_before + 8)) << "health checks are not logged";
  const LogLine kick = Request("/console/api/kick", "0");
  EXPECT_EQ(kick.at("level"), "info");
  EXPECT_EQ(Lines("pusher_kicked").at(0).at("request_id"), kick.at("request_id"));
  EXPECT_EQ(Request("/console/api/dismiss", "3").at("level"), "debug");

  const std::vector<LogLine> operators = Lines("admin_refused");
  // One, unless the machine stalled until the next one was due.
  ASSERT_THAT(operators, testing::Not(IsEmpty()));
  EXPECT_EQ(operators[0].at("level"), "warn");
  EXPECT_EQ(operators[0].at("peer"), "127.0.0.1");
  EXPECT_EQ(operators[0].at("times"), "1");
  std::set<std::string> ids;
  for (const LogLine& line : Lines("request")) {
    if (line.at("endpoint") == "/console/api/kick") ids.insert(line.at("request_id"));
  }
  EXPECT_THAT(ids, SizeIs(4)) << "and that which was allowed";
  EXPECT_TRUE(ids.contains(operators[0].at("request_id")));

  const std::vector<LogLine> callers = Lines("caller_refused");
  ASSERT_THAT(callers, testing::Not(IsEmpty()));
  EXPECT_EQ(callers[0].at("level"), "info");
  EXPECT_EQ(callers[0].at("peer"), "127.0.0.1");
  EXPECT_EQ(callers[0].at("endpoint"), "get_pushers");
  EXPECT_EQ(callers[0].at("failure"), "token_malformed");
  EXPECT_EQ(callers[0].at("times"), "1");
  EXPECT_THAT(server_.Log(), testing::Not(testing::HasSubstr("guessed")));
}

INSTANTIATE_TEST_SUITE_P(LogFormats, LogLines, testing::Values("json", "text"),
                         [](const auto& param_info) { return param_info.param; });

}  // namespace
}  // namespace rtcroom
