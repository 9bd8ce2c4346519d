#include <string>

#include <gtest/gtest.h>

#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

class MergeStream : public testing::Test {
 protected:
  void SetUp() override {
    const nlohmann::json created = server_.Call("live_room/create_room", {{"roomID", "r1"},
                                                                          {"userID", "u1"},
                                                                          {"userName", "n"},
                                                                          {"userAvatar", "a"},
                                                                          {"pushURL", "rtmp://p/1"},
                                                                          {"roomName", "name"}});
    ASSERT_EQ(created["code"], 0);
  }
  std::string Merge(const std::string& room, const std::string& user) {
    const nlohmann::json body = {
        {"roomID", room}, {"userID", user}, {"mergeParams", nlohmann::json::object()}};
    return server_.Post("/weapp/live_room/merge_stream", body.dump()).body;
  }

  RouterFixture server_;
};

TEST_F(MergeStream, ReportsThatNoMixingServiceIsConfigured) {
  EXPECT_EQ(Merge("r1", "u1"),
            R"({"code":6,"message":"服务器内部错误",)"
            R"("result":{"code":-1,"message":"no mixing service is configured"}})");
}

TEST_F(MergeStream, RequiresAPusherOfAnExistingRoom) {
  EXPECT_EQ(Merge("r2", "u1"), R"({"code":3,"message":"您请求的房间不存在"})");
  EXPECT_EQ(Merge("r1", "u2"), R"({"code":5,"message":"您请求的房间成员不存在"})");
}

}  // namespace
}  // namespace rtcroom
