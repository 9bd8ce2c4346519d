// Mixes and states of streams at Tencent's live service, for which a stand-in answers (protocol
// D.6).
#include <chrono>
#include <deque>
#include <future>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "daemon/base/digest.h"
#include "daemon/base/mutex.h"
#include "tests/e2e/room_calls.h"
#include "tests/support/eventually.h"
#include "tests/support/metrics_text.h"
#include "tests/support/server_process.h"
#include "tests/support/stand_in_service.h"
#include "tests/support/url.h"
#include "tests/unit/media/mix_vectors.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::IsEmpty;

constexpr const char* kLive = "live_room";
constexpr const char* kMulti = "multi_room";
constexpr const char* kAppId = "1251234567";
constexpr const char* kApiKey = "key-of-the-api-0123456789";
constexpr const char* kSecretId = "id-of-the-cloud-account";
constexpr const char* kSecretKey = "key-of-the-cloud-0123456789";

/// The value of a header of a request; empty when it is not there.
std::string HeaderOf(const std::string& request, const std::string& name) {
  const std::size_t at = request.find("\r\n" + name + ": ");
  if (at == request.npos) return {};
  const std::size_t value = at + name.size() + 4;
  return request.substr(value, request.find("\r\n", value) - value);
}

/// The live service in both of its versions.
///
/// @threads safe from any thread.
class LiveServiceStandIn {
 public:
  struct Mix {
    std::string action{};  ///< of v3
    json body{};
  };

  [[nodiscard]] std::string Url() const { return service_.Url(); }
  StandInService& service() { return service_; }

  void SetLive(const std::string& stream, bool is_live) {
    const MutexLock lock(mutex_);
    live_[stream] = is_live;
  }
  /// The whole answer to the next mix, and nothing if it is empty; then "done" again.
  void WillAnswer(std::string bytes) {
    const MutexLock lock(mutex_);
    answers_.push_back(std::move(bytes));
  }
  [[nodiscard]] std::vector<Mix> mixes() const {
    const MutexLock lock(mutex_);
    return mixes_;
  }
  [[nodiscard]] std::size_t questions() const {
    const MutexLock lock(mutex_);
    return questions_;
  }
  /// Signatures that were wrong, and requests that the service does not have.
  [[nodiscard]] std::vector<std::string> faults() const {
    const MutexLock lock(mutex_);
    return faults_;
  }

 private:
  StandInService::Said Answer(const std::string& request) {
    const std::string target = request.substr(0, request.find("\r\n"));
    const std::string body = request.substr(request.find("\r\n\r\n") + 4);
    const MutexLock lock(mutex_);
    if (target.starts_with("POST / ")) return {AnswerV3(request, body)};
    const std::string url =
        target.substr(target.find(' ') + 1, target.rfind(' ') - target.find(' ') - 1);
    return {AnswerV1(url, body)};
  }
  std::string AnswerV1(const std::string& url, const std::string& body) REQUIRES(mutex_) {
    if (QueryParameter(url, "sign") != Md5Hex(kApiKey + QueryParameter(url, "t")) ||
        QueryParameter(url, "appid") != kAppId) {
      faults_.push_back(url);
    }
    const std::string interface = QueryParameter(url, "interface");
    if (interface == "Mix_StreamV2") {
      return AnswerMix({.body = json::parse(body)},
                       R"({"code":0,"message":"Success!","timestamp":1700000000})");
    }
    if (interface != "Live_Channel_GetStatus") faults_.push_back(url);
    ++questions_;
    const auto stream = live_.find(QueryParameter(url, "Param.s.channel_id"));
    if (stream == live_.end()) return HttpAnswer("200 OK", R"({"ret":20601})");
    return HttpAnswer(
        "200 OK", fmt::format(R"({{"ret":0,"output":[{{"status":{}}}]}})", stream->second ? 1 : 0));
  }
  std::string AnswerV3(const std::string& request, const std::string& body) REQUIRES(mutex_) {
    const std::string authorization = HeaderOf(request, "Authorization");
    if (!authorization.starts_with(fmt::format("TC3-HMAC-SHA256 Credential={}/", kSecretId))) {
      faults_.push_back(authorization);
    }
    const std::string action = HeaderOf(request, "X-TC-Action");
    const json object = json::parse(body);
    if (action.ends_with("CommonMixStream")) {
      return AnswerMix({.action = action, .body = object}, R"({"Response":{"RequestId":"r"}})");
    }
    if (action != "DescribeLiveStreamState" ||
        object["DomainName"] != "8888.livepush.myqcloud.com") {
      faults_.push_back(action + body);
    }
    ++questions_;
    const auto stream = live_.find(object["StreamName"].get<std::string>());
    return HttpAnswer("200 OK",
                      fmt::format(R"({{"Response":{{"RequestId":"r","StreamState":"{}"}}}})",
                                  stream != live_.end() && stream->second ? "active" : "inactive"));
  }
  std::string AnswerMix(Mix mix, const std::string& done) REQUIRES(mutex_) {
    mixes_.push_back(std::move(mix));
    if (answers_.empty()) return HttpAnswer("200 OK", done);
    std::string answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }

  mutable Mutex mutex_;
  std::map<std::string, bool> live_ GUARDED_BY(mutex_);
  std::deque<std::string> answers_ GUARDED_BY(mutex_);
  std::vector<Mix> mixes_ GUARDED_BY(mutex_);
  std::size_t questions_ GUARDED_BY(mutex_) = 0;
  std::vector<std::string> faults_ GUARDED_BY(mutex_);
  StandInService service_{[this](const std::string& request) { return Answer(request); }};
};

/// The parameter is `live.api`.
class LiveServiceTest : public testing::TestWithParam<std::string> {
 protected:
  explicit LiveServiceTest(const Settings& settings = {})
      : server_({.settings = WithService(settings)}) {}

  void TearDown() override {
    EXPECT_THAT(service_.faults(), IsEmpty());
    const std::string log = server_.StopAndReadLog();
    for (const char* secret : {kApiKey, kSecretKey, "sign=", "Signature="}) {
      EXPECT_EQ(log.find(secret), log.npos) << secret << " is in the log";
    }
  }

  static bool IsV1() { return GetParam() == "v1"; }
  ApiClient Rooms() { return server_.Https(); }
  double Metric(const std::string& name) {
    return MetricsText::Read(server_.Admin().Get("/metrics").text).Of(name);
  }

  LiveServiceStandIn service_;
  ServerProcess server_;

 private:
  Settings WithService(Settings settings) {
    settings.merge(Settings{{"live.api", GetParam()},
                            {"live.api_base_url", service_.Url()},
                            {"live.bizid", "8888"},
                            {"live.push_key", "key-of-streams-0123456789"},
                            {"live.app_id", kAppId},
                            {"live.api_key", kApiKey},
                            {"live.secret_id", kSecretId},
                            {"live.secret_key", kSecretKey}});
    return settings;
  }
};

std::string NameOfApi(const testing::TestParamInfo<std::string>& param_info) {
  return param_info.param;
}

/// A room of a host and two guests, whose streams are those of `MergeParams`.
class Mixes : public LiveServiceTest {
 protected:
  Mixes() : LiveServiceTest({{"server.drain_timeout", "1s"}}) {}

  void SetUp() override {
    ASSERT_EQ(Rooms().Call(kLive, "create_room", CreateBody("host", "r1")).code(), kOk);
    for (const char* guest : {"guest_1", "guest_2"}) {
      ASSERT_EQ(Rooms().Call(kLive, "add_pusher", PusherBody("r1", guest)).code(), kOk);
    }
  }
  ApiReply Merge(const json& params) {
    json body = MemberBody("r1", "host");
    body["mergeParams"] = params;
    return Rooms().Call(kLive, "merge_stream", body);
  }
  static json Alone() {
    json params = MergeParams();
    params["interface"]["para"]["input_stream_list"].erase(2);
    params["interface"]["para"]["input_stream_list"].erase(1);
    return params;
  }
  double Count(const std::string& result) {
    return Metric(fmt::format(R"(rtcroomd_mix_requests_total{{result="{}"}})", result));
  }
};

TEST_P(Mixes, AreAskedForInTheWordsOfTheService) {
  const ApiReply reply = Merge(MergeParams());
  EXPECT_EQ(reply.code(), kOk) << reply;
  EXPECT_EQ(reply.json["result"]["code"], 0) << reply;
  EXPECT_EQ(reply.json["result"]["message"], "Success!");
  EXPECT_GE(reply.json["result"]["timestamp"], 1'700'000'000);
  ASSERT_EQ(service_.mixes().size(), 1U);
  const LiveServiceStandIn::Mix mix = service_.mixes()[0];
  if (IsV1()) {
    const json& para = mix.body["interface"]["para"];
    EXPECT_EQ(para["app_id"], 1'251'234'567);
    EXPECT_EQ(para["output_stream_id"], "8888_host");
    EXPECT_EQ(para["input_stream_list"], MergeParams()["interface"]["para"]["input_stream_list"]);
  } else {
    EXPECT_EQ(mix.action, "CreateCommonMixStream");
    EXPECT_EQ(mix.body["OutputParams"]["OutputStreamName"], "8888_host");
    EXPECT_EQ(mix.body["InputStreamList"].size(), 3U);
    EXPECT_EQ(mix.body["InputStreamList"][1]["LayoutParams"]["LocationY"], 400);
  }
  EXPECT_EQ(Count("mixed"), 1);
}

TEST_P(Mixes, AreAnsweredWhenTheServerStops) {
  service_.WillAnswer("");
  service_.WillAnswer("");
  std::future<ApiReply> reply = std::async(std::launch::async, [this] { return Merge(Alone()); });
  ASSERT_TRUE(Eventually([this] { return !service_.mixes().empty(); }));
  server_.Signal(SIGTERM);
  EXPECT_EQ(reply.get().code(), kInternalFailure);
}

INSTANTIATE_TEST_SUITE_P(Api, Mixes, testing::Values("v1", "v3"), NameOfApi);

/// Members that send no heartbeats, each in a room of its own.
class StatesOfStreams : public LiveServiceTest {
 protected:
  StatesOfStreams()
      : LiveServiceTest({{"room.heartbeat_timeout", "1s"},
                         {"room.sweep_period", "100ms"},
                         {"liveness.grace", "300ms"}}) {}

  void Join(const std::string& user) {
    ASSERT_EQ(Rooms().Call(kMulti, "create_room", CreateBody(user, "room_" + user)).code(), kOk);
  }
  bool IsMember(const std::string& user) {
    ApiClient rooms = Rooms();
    return !PushersOf(rooms, kMulti, "room_" + user).empty();
  }
  bool IsEvicted(const std::string& user) {
    return Eventually([&] { return !IsMember(user); });
  }
};

TEST_P(StatesOfStreams, KeepMembersWhoseStreamIsLive) {
  service_.SetLive("8888_alice", true);
  service_.SetLive("8888_bob", false);
  for (const char* user : {"alice", "bob", "never_live"}) Join(user);
  EXPECT_TRUE(IsEvicted("bob"));
  EXPECT_TRUE(IsEvicted("never_live"));
  const std::size_t asked = service_.questions();
  EXPECT_TRUE(Eventually([&] { return service_.questions() >= asked + 3; }));
  EXPECT_TRUE(IsMember("alice"));
  EXPECT_GE(Metric(R"(rtcroomd_stream_states_total{state="live"})"), 3);

  service_.SetLive("8888_alice", false);
  EXPECT_TRUE(IsEvicted("alice"));
}

INSTANTIATE_TEST_SUITE_P(Api, StatesOfStreams, testing::Values("v1", "v3"), NameOfApi);

}  // namespace
}  // namespace rtcroom
