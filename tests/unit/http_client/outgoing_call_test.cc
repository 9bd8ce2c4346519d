#include "daemon/http_client/outgoing_call.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/system_clock.h"
#include "daemon/http_client/outgoing_http.h"
#include "tests/support/answering_service.h"
#include "tests/support/eventually.h"
#include "tests/support/matchers.h"
#include "tests/support/stand_in_service.h"

namespace rtcroom {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class OutgoingCallTest : public testing::Test {
 protected:
  OutgoingCallTest() { service_.Answer(HttpAnswer("200 OK", "")); }

  Result<OutgoingReply> Send(const OutgoingCall& call) {
    return http_.Send(service_.Url() + "/base", call, kWaitTimeout);
  }

  const SystemClock clock_;
  AnsweringService service_;
  HttplibOutgoing http_{clock_};
};

TEST_F(OutgoingCallTest, SendsMethodPathAndHeadersAsGiven) {
  ASSERT_OK(Send({.method = "DELETE",
                  .path_and_query = "/api/clients/7?a=%20",
                  .headers = {{"Host", Secret("media.test:81")},
                              {"Authorization", Secret("Basic YTpi")},
                              {"X-Odd", Secret("a, b; c=\"d\"")}}}));
  EXPECT_THAT(service_.requests().at(0),
              AllOf(StartsWith("DELETE /base/api/clients/7?a=%20 HTTP/1.1\r\n"),
                    HasSubstr("\r\nHost: media.test:81\r\n"),
                    HasSubstr("\r\nAuthorization: Basic YTpi\r\n"),
                    HasSubstr("\r\nX-Odd: a, b; c=\"d\"\r\n"),
                    HasSubstr("\r\nConnection: close\r\n"), Not(HasSubstr("Content-Type"))));
}

TEST_F(OutgoingCallTest, SendsTheContentTypeAsGiven) {
  ASSERT_OK(Send({.method = "POST",
                  .path_and_query = "/",
                  .content_type = "application/json; charset=utf-8",
                  .body = "{}"}));
  EXPECT_THAT(service_.requests().at(0),
              HasSubstr("\r\nContent-Type: application/json; charset=utf-8\r\n"));
  EXPECT_THAT(service_.requests().at(0), testing::EndsWith("\r\n\r\n{}"));
}

TEST_F(OutgoingCallTest, AcceptsAReplyUpToItsOwnLimit) {
  constexpr std::size_t kLong = 3 * kMaxOutgoingReplyBytes;
  const std::string body(kLong, 'x');
  service_.Answer(HttpAnswer("200 OK", body));
  const auto whole = Send({.path_and_query = "/", .max_reply_bytes = kLong});
  ASSERT_OK(whole);
  EXPECT_EQ(whole->body, body);
  EXPECT_ERROR(kUnavailable, Send({.path_and_query = "/", .max_reply_bytes = kLong - 1}));
  EXPECT_ERROR(kUnavailable, Send({.path_and_query = "/"}));
}

TEST_F(OutgoingCallTest, KeepsTheConnectionOnRequest) {
  const OutgoingCall call{.path_and_query = "/", .after = AfterAnswer::kKeepOpen};
  ASSERT_OK(Send(call));
  ASSERT_OK(Send(call));
  EXPECT_EQ(service_.service().connections(), 1u);
  ASSERT_OK(Send({.path_and_query = "/"}));
  EXPECT_EQ(service_.service().connections(), 2u);
}

TEST_F(OutgoingCallTest, SendsNothingThatCouldEndALine) {
  const std::vector<OutgoingCall> malformed = {
      {.method = "GET / HTTP/1.1\r\nX: y\r\n\r\nGET", .path_and_query = "/"},
      {.method = "", .path_and_query = "/"},
      {.path_and_query = "/a b"},
      {.path_and_query = "/a\nb"},
      {.path_and_query = "/\xC3\xA9"},
      {.path_and_query = "/", .headers = {{"X", Secret("a\r\nY: b")}}},
      {.path_and_query = "/", .headers = {{"X", Secret(std::string("a\0b", 3))}}},
      {.path_and_query = "/", .headers = {{"X Y", Secret("a")}}},
      {.path_and_query = "/", .headers = {{"", Secret("a")}}},
      {.path_and_query = "/", .content_type = "text/plain\r\nY: b", .body = "a"},
  };
  for (const OutgoingCall& call : malformed) EXPECT_ERROR(kUnreachable, Send(call));
  EXPECT_TRUE(service_.requests().empty());
}

}  // namespace
}  // namespace rtcroom
