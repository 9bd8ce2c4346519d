// Callbacks that the media server did not send, or that its clients made it send.
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <random>
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

/// Bodies as the media server sends them, with the texts of a hostile client.
class Forger {
 public:
  /// @param theirs  client IDs of the streams that are on air.
  Forger(std::uint32_t seed, std::vector<std::string> theirs, std::string foreign_query)
      : random_(seed), theirs_(std::move(theirs)), foreign_query_(std::move(foreign_query)) {}

  std::string Next() {
    const std::string call =
        OneOf({"publish", "update_publish", "publish_done", "done", "play", "play_done",
               "update_play", "record_done", "connect", "disconnect", "on_publish", "", "%00"});
    std::string body = "app=" + OneOf({"live", "live", "live", "other", "", "live%2Falice"}) +
                       "&flashver=&swfurl=&tcurl=rtmp://127.0.0.1/live&pageurl=&addr=" +
                       OneOf({"127.0.0.1", "10.0.0.1", "nonsense", ""}) +
                       "&clientid=" + Client(call) + "&call=" + call;
    if (random_() % 8 != 0) body += "&name=" + Name();
    body += OneOf(
        {"", "&type=live", "&time=5&timestamp=0", "&recorder=&path=/etc/passwd", "&path=../../x"});
    for (int i = 0; i < static_cast<int>(random_() % 3); ++i) body += Argument();
    return body;
  }

 private:
  std::string OneOf(const std::vector<std::string>& texts) {
    return texts[random_() % texts.size()];
  }
  std::string Client(const std::string& call) {
    // The media server itself numbers its clients: these calls are about the one that sends.
    const bool speaks_for_client = call == "publish_done" || call == "update_publish";
    if (!speaks_for_client && random_() % 2 == 0) return OneOf(theirs_);
    return OneOf({std::to_string(1000 + random_() % 100'000), "", "0", "-1", "1e0", "%31x",
                  " " + theirs_.front(), theirs_.front() + "%00", std::string(65, '7')});
  }
  std::string Name() {
    return OneOf({"alice", "bob", "alice", "bob", "carol", "", "ALICE", "alice%00", "%61lice",
                  "../alice", "a&name=alice", std::string(300, 'n'), "alice\r\nX: y"});
  }
  std::string Argument() {
    return OneOf({"&name=alice", "&clientid=" + theirs_.back(), "&call=publish_done", "&app=live",
                  "&txSecret=0123456789abcdef0123456789abcdef&txTime=7FFFFFFF",
                  "&txSecret=&txTime=", "&" + foreign_query_, "&txSecret=0123&txTime=zz",
                  "&=&&==", "&%", "&\r\n\r\n"});
  }

  std::mt19937 random_;
  std::vector<std::string> theirs_;
  std::string foreign_query_;
};

TEST_F(ForgedCallbacks, OfForeignNamesAndClientsChangeNothing) {
  constexpr int kCalls = 3000;
  const std::uint32_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  // That of another stream than those which are on air or named with it.
  const std::string url = SignedUrl("dora");
  Forger forger(seed, {ClientOf("alice"), ClientOf("bob")}, url.substr(url.find('?') + 1));
  ApiClient client = server_.Admin();
  const std::map<std::string, std::string> proof = {
      {"Authorization", "Bearer " + media_.SecretOf("callback-secret")}};
  for (int i = 0; i < kCalls && !HasFailure(); ++i) {
    const std::string body = forger.Next();
    const ApiReply reply = client.Send(
        {.target = "/callback/rtmp", .content_type = kForm, .body = body, .headers = proof});
    EXPECT_THAT(reply.status, AnyOf(200, 403)) << body << ' ' << reply;
  }
  for (const std::string& body : Ends()) {
    const ApiReply reply =
        client.Send({.method = "GET", .target = "/callback/rtmp?" + body, .headers = proof});
    EXPECT_EQ(reply.status, 405) << reply;
  }
}

}  // namespace
}  // namespace rtcroom
