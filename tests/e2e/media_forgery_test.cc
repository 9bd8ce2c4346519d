// Callbacks that the media server did not send.
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/media_fixture.h"

namespace rtcroom {
namespace {

using std::chrono::steady_clock;
using testing::AnyOf;

constexpr const char* kForm = "application/x-www-form-urlencoded";

/// Two streams of members are on air during each test, and have to stay so.
class ForgedCallbacks : public MediaTest {
 protected:
  void SetUp() override {
    for (const char* user : {"alice", "bob"}) {
      Join(user);
      PutOnAir(user);
      ExpectMedia(user, "on");
    }
    publishers_ = media_.Publishers("live");
    ASSERT_EQ(publishers_.size(), 2U);
    for (const auto& [user, client] : publishers_) {
      on_for_[user] = LastingOf(user);
      noted_[user] = steady_clock::now();
    }
  }

  void TearDown() override {
    EXPECT_EQ(media_.Publishers("live"), publishers_);
    EXPECT_EQ(StreamsOn(), 2);
    EXPECT_EQ(Metric(R"(rtcroomd_streams{state="off"})"), 0);
    for (const auto& [user, client] : publishers_) {
      const auto passed =
          std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - noted_[user]);
      ExpectMedia(user, "on");
      EXPECT_GE(LastingOf(user), on_for_[user] + passed.count() - 1) << user << " was off";
      EXPECT_TRUE(IsMember(user)) << user;
    }
    MediaTest::TearDown();
  }

  std::int64_t LastingOf(const std::string& user) {
    const nlohmann::json media = MediaOf(user);
    EXPECT_EQ(media.value("state", ""), "on") << user << ": " << media;
    return media.value("lastingMs", std::int64_t{0});
  }
  [[nodiscard]] std::string ClientOf(const std::string& user) const { return publishers_.at(user); }
  /// The callbacks that would end the stream if they were genuine.
  [[nodiscard]] std::vector<std::string> Ends() const {
    const std::string client = ClientOf("alice");
    return {"call=publish_done&app=live&name=alice&clientid=" + client,
            "app=live&addr=127.0.0.1&clientid=" + client + "&call=publish_done&name=alice",
            "call=publish&app=live&name=alice&clientid=77"};
  }

  std::map<std::string, std::string> publishers_;

 private:
  std::map<std::string, std::int64_t> on_for_;
  std::map<std::string, steady_clock::time_point> noted_;
};

TEST_F(ForgedCallbacks, WithoutTheSecretAreRefused) {
  const std::string srs_end = R"({"action":"on_unpublish","client_id":")" + ClientOf("alice") +
                              R"(","app":"live","stream":"alice","vhost":"__defaultVhost__"})";
  const std::vector<std::map<std::string, std::string>> headers = {
      {},
      {{"Authorization", "Bearer another"}},
      {{"Authorization", "Bearer"}},
      {{"Authorization", "Bearer " + media_.SecretOf("control-key")}},
      {{"Authorization", media_.SecretOf("callback-secret")}}};
  std::array<ApiClient, 3> clients = {server_.Admin(), server_.Http(), server_.Https()};
  for (ApiClient& client : clients) {
    for (const auto& header : headers) {
      for (const char* path : {"/callback/rtmp", "/callback/rtmp/", "/callback/rtmp/another"}) {
        for (const std::string& body : Ends()) {
          const ApiReply reply =
              client.Send({.target = path, .content_type = kForm, .body = body, .headers = header});
          EXPECT_EQ(reply.status, 401) << path << ' ' << body << ' ' << reply;
        }
      }
      const ApiReply reply =
          client.Send({.target = "/callback/srs", .body = srs_end, .headers = header});
      EXPECT_EQ(reply.status, 401) << reply;
    }
  }
}

TEST_F(ForgedCallbacks, ArriveNotThroughTheServersForOthers) {
  const std::string key = "Bearer " + media_.SecretOf("control-key");
  for (const char* path : {"/hook", "/update", "/goes-on", "/callback/rtmp", "/may-play"}) {
    for (const std::string& body : Ends()) {
      const ApiReply page =
          nginx().Pages().Send({.target = path, .content_type = kForm, .body = body});
      EXPECT_EQ(page.status, 404) << path;
      const ApiReply control = media_.Control().Send({.target = path,
                                                      .content_type = kForm,
                                                      .body = body,
                                                      .headers = {{"Authorization", key}}});
      EXPECT_EQ(control.status, 404) << path;
    }
  }
  const std::string drop = "/control/drop/publisher?app=live&name=alice";
  EXPECT_EQ(media_.Control().Get(drop).status, 403);
  EXPECT_EQ(nginx().Pages().Get(drop).status, 404);
}

TEST_F(ForgedCallbacks, LeaveNoSecretInTheLogWhereverItIs) {
  const std::string secret = media_.SecretOf("callback-secret");
  const std::string url = SignedUrl("dora");
  const std::string body =
      "app=live&clientid=4711&call=publish&name=alice&" + url.substr(url.find('?') + 1);
  ApiClient client = server_.Admin();
  for (const std::string& target :
       {"/callback/rtmp/" + secret, "/callback/rtmp/" + secret + "?" + body,
        "/callback/rtmp/" + secret + "/more", "/callback/rtmp?secret=" + secret,
        "/callback/other/" + secret, "/callback/" + secret}) {
    for (const char* method : {"POST", "GET", "PUT"}) {
      const ApiReply reply =
          client.Send({.method = method, .target = target, .content_type = kForm, .body = body});
      EXPECT_THAT(reply.status, AnyOf(401, 403, 404, 405)) << method << reply;
    }
  }
}

}  // namespace
}  // namespace rtcroom
