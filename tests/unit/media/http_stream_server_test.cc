// What the clients of nginx and of SRS share.
#include "daemon/media/http_stream_server.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/media/nginx_rtmp_api.h"
#include "daemon/media/srs_api.h"
#include "tests/support/matchers.h"
#include "tests/support/scripted_calls.h"

namespace rtcroom {
namespace {

using std::chrono::seconds;

template <typename Server>
class HttpStreamServerTest : public testing::Test {
 protected:
  ScriptedCalls http_;
  Server server_{{.base_url = "http://127.0.0.1:8086", .control_key = Secret("key")}, http_};
};

using HttpStreamServers = testing::Types<NginxRtmpServer, SrsServer>;
TYPED_TEST_SUITE(HttpStreamServerTest, HttpStreamServers);

TYPED_TEST(HttpStreamServerTest, DropsNoPublisherWithoutAnId) {
  for (const char* client : {"", "1&name=b", "1 2", "../streams", "a b"}) {
    EXPECT_ERROR(kBadRequest, this->server_.Drop("a", client, seconds(1))) << client;
  }
  EXPECT_THAT(this->http_.asked, testing::IsEmpty());
}

TYPED_TEST(HttpStreamServerTest, FailsWithoutAnException) {
  EXPECT_ERROR(kUnavailable, this->server_.List(seconds(1)));
  this->http_.is_broken = true;
  EXPECT_ERROR(kUnavailable, this->server_.List(seconds(1)));
  EXPECT_ERROR(kUnavailable, this->server_.Drop("a", "1", seconds(1)));
}

}  // namespace
}  // namespace rtcroom
