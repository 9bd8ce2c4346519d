// Stream names signed by get_push_url (protocol A.4.2, B.4.1, D.4).
#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/auth/signed_stream_urls.h"
#include "daemon/core/stream_urls.h"
#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

using Names = std::set<std::string>;

constexpr std::string_view kBizid = "8888";

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return text;
}

class StreamNames : public testing::TestWithParam<AuthMode> {
 protected:
  /// The stream of the push URL in a reply; empty without a URL.
  std::string StreamOfReply(const LabelledReply& reply) const {
    const nlohmann::json answer = nlohmann::json::parse(reply.body);
    return std::string(StreamInPushUrl(answer.value("pushURL", "")));
  }
  void Ask(const std::string& prefix, const std::string& query, const std::string& user,
           Names& names) {
    for (const char* kind : {"double_room", "multi_room", "live_room"}) {
      const std::string stream =
          StreamOfReply(AnswerOf(router_, server_.recorded,
                                 {.method = "POST",
                                  .path = prefix + "/" + kind + "/get_push_url",
                                  .query = query,
                                  .body = nlohmann::json{{"userID", user}}.dump(),
                                  .peer_address = "192.0.2.1"}));
      if (!stream.empty()) names.insert(stream);
    }
  }
  Names Gen1(const std::vector<std::string>& users) {
    Names names;
    for (const std::string& user : users) {
      for (const char* prefix : {"/weapp", "/v1"}) Ask(prefix, "", user, names);
    }
    return names;
  }
  Names Gen2(const std::vector<std::string>& users) {
    Names names;
    for (const std::string& user : users) {
      static_cast<void>(server_.sessions.LoginTrusted({user}));
      const std::string query = "userID=" + user + "&token=" + FakeSessions::TokenOf(user);
      for (const char* prefix : {"/weapp", "/v2"}) Ask(prefix, query, user, names);
    }
    return names;
  }

  RouterFixture server_;
  SignedStreamUrls streams_{{.bizid = std::string(kBizid), .push_key = Secret("key")}};
  Router router_{server_.ServicesWith(streams_),
                 {.gen1_prefix = "/v1", .gen2_prefix = "/v2", .auth_mode = GetParam()},
                 server_.pipeline};
};

TEST_P(StreamNames, AreNeverSignedForTheOtherGeneration) {
  const std::vector<std::string> users = {
      "alice",     "a.b",        "2e7336dc8eba87ef",      "ab12cd34",          "_", "8888",
      "oAbc-12_Z", "x_AB12CD34", "test_0123456789abcdef", "user_0a1b2c3d_4e5f"};
  const Names gen2 = Gen2(users);
  EXPECT_EQ(gen2.size(), users.size() * 6) << "a new name for each call";

  // Callers without a login request exactly the stream names of logged-in users.
  std::vector<std::string> claimed = users;
  for (const std::string& stream : gen2) {
    claimed.push_back(stream);
    claimed.push_back(stream.substr(kBizid.size() + 1));
    claimed.push_back(Lower(stream.substr(kBizid.size() + 1)));
  }
  const Names gen1 = Gen1(claimed);
  EXPECT_EQ(gen1.empty(), GetParam() == AuthMode::kToken);
  for (const std::string& stream : gen1) {
    EXPECT_FALSE(gen2.contains(stream)) << stream;
    EXPECT_FALSE(gen2.contains(Lower(stream))) << stream;
  }

  // Logged-in callers, under any name, get none of gen-1's streams.
  for (const std::string& stream : Gen2(claimed)) EXPECT_FALSE(gen1.contains(stream)) << stream;
}

TEST_P(StreamNames, OfTestStreamsDifferFromGen2Streams) {
  const std::string test = "test_0123456789abcdef";
  EXPECT_FALSE(HasStreamSuffix(streams_.StreamName({test})));
  for (const std::string& stream : Gen2({"test", "testclock"})) {
    EXPECT_NE(stream, streams_.StreamName({test}));
    EXPECT_NE(stream, streams_.StreamName({"testclock_rtmpacc"}));
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, StreamNames,
                         testing::Values(AuthMode::kMixed, AuthMode::kOpen, AuthMode::kToken));

}  // namespace
}  // namespace rtcroom
