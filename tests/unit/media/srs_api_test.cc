#include "daemon/media/srs_api.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/matchers.h"
#include "tests/support/scripted_calls.h"

namespace rtcroom {
namespace {

using Json = nlohmann::json;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

/// A stream as SRS 7 writes it.
Json SrsStream(const std::string& name, const Json& cid = "a69j0j6g", bool active = true) {
  return {{"id", "vid-3f28218"},
          {"name", name},
          {"vhost", "vid-n5p2q41"},
          {"app", "live"},
          {"tcUrl", "rtmp://127.0.0.1:19550/live"},
          {"url", "/live/" + name},
          {"live_ms", 1700000000123},
          {"clients", 1},
          {"frames", 150},
          {"send_bytes", 0},
          {"recv_bytes", 4711},
          {"kbps", {{"recv_30s", 0}, {"send_30s", 0}}},
          {"publish", {{"active", active}, {"cid", cid}}},
          {"video", {{"codec", "H264"}, {"profile", "High"}, {"level", "3"}}},
          {"audio", nullptr}};
}

Json SrsListing(const std::vector<Json>& streams) {
  return {{"code", 0},    {"server", "vid-v0158o1"}, {"service", "4675kf3w"},
          {"pid", "812"}, {"total", streams.size()}, {"streams", streams}};
}

Result<StreamList> ReadSrs(const std::string& body, int status = 200) {
  return ReadSrsList({status, body}, "live");
}
Result<StreamList> ReadSrs(const Json& listing) { return ReadSrs(listing.dump()); }

/// The outcome of a listing with one stream in which a member is replaced.
Result<StreamList> ReadSrsWith(const char* pointer, const Json& value) {
  Json listing = SrsListing({SrsStream("a")});
  listing[Json::json_pointer(pointer)] = value;
  return ReadSrs(listing);
}
Result<StreamList> ReadSrsWithout(const char* name) {
  Json listing = SrsListing({SrsStream("a")});
  if (listing.erase(name) == 0) listing["streams"][0].erase(name);
  return ReadSrs(listing);
}

StreamServerOptions SrsTestOptions() {
  return {.base_url = "http://127.0.0.1:1985", .control_key = Secret("admin:pass word")};
}

TEST(SrsList, HasTheServiceAndThePublishedStreams) {
  const auto list = ReadSrs(SrsListing({SrsStream("8888_user_0001"), SrsStream("b", "x-1.2_Z")}));
  ASSERT_OK(list);
  EXPECT_EQ(list->life, "4675kf3w");
  EXPECT_EQ(list->uptime, std::nullopt);
  EXPECT_THAT(list->streams, ElementsAre(ListedStream{"8888_user_0001", "a69j0j6g", 4711},
                                         ListedStream{"b", "x-1.2_Z", 4711}));
}

TEST(SrsList, LeavesOutStreamsThatAreOnlyPlayedOrOfOtherApplications) {
  Json other = SrsStream("c");
  other["app"] = "mix";
  const auto list = ReadSrs(SrsListing({SrsStream("a", "", false), other}));
  ASSERT_OK(list);
  EXPECT_THAT(list->streams, IsEmpty());
}

TEST(SrsList, HasNumbersAsIdsBeforeVersion4) {
  const auto list = ReadSrs(SrsListing({SrsStream("a", 5198)}));
  ASSERT_OK(list);
  EXPECT_THAT(list->streams, ElementsAre(ListedStream{"a", "5198", 4711}));
}

TEST(SrsList, MayBeEmpty) {
  const auto list = ReadSrs(SrsListing({}));
  ASSERT_OK(list);
  EXPECT_THAT(list->streams, IsEmpty());
}

// Players may name streams with any bytes, and SRS copies them into its list.
TEST(SrsList, SurvivesNamesThatAreNotJson) {
  std::string listing = SrsListing({SrsStream("NAME", "", false), SrsStream("a")}).dump();
  listing.replace(listing.find("NAME"), 4, "\xFF\xC3\x01\t");
  const auto list = ReadSrs(listing);
  ASSERT_OK(list);
  EXPECT_THAT(list->streams, ElementsAre(ListedStream{"a", "a69j0j6g", 4711}));
}

TEST(SrsList, KeepsNamesWithAnyCharacters) {
  const auto list = ReadSrs(SrsListing({SrsStream("a\"\\b"), SrsStream("\u4eba")}));
  ASSERT_OK(list);
  EXPECT_EQ(list->streams.at(0).name, "a\"\\b");
  EXPECT_EQ(list->streams.at(1).name, "\u4eba");
}

// A missing stream would be taken for one that has ended.
TEST(SrsList, IsUnreadableUnlessItIsWhole) {
  const std::string listing = SrsListing({SrsStream("a")}).dump();
  for (std::size_t size = 0; size < listing.size(); ++size) {
    EXPECT_ERROR(kUnavailable, ReadSrs(listing.substr(0, size))) << size;
  }
  ASSERT_OK(ReadSrs(listing));
  EXPECT_ERROR(kUnavailable, ReadSrs(listing, 401));
  EXPECT_ERROR(kUnavailable, ReadSrs(listing + "{}"));
  EXPECT_ERROR(kUnavailable, ReadSrs("[" + listing + "]"));
  for (const char* name : {"code", "service", "streams", "name", "app", "publish", "recv_bytes"}) {
    EXPECT_ERROR(kUnavailable, ReadSrsWithout(name)) << name;
  }
  for (const Json& streams :
       {Json(7), Json("text"), Json(Json::object()), Json::array({7}), Json::array({nullptr}),
        Json::array({Json::array()}), Json::array({Json::array({SrsStream("a")})})}) {
    EXPECT_ERROR(kUnavailable, ReadSrsWith("/streams", streams)) << streams;
  }
}

TEST(SrsList, IsUnreadableWithInvalidMembers) {
  for (const auto& [pointer, value] : std::vector<std::pair<const char*, Json>>{
           {"/code", 1},
           {"/code", "0"},
           {"/service", ""},
           {"/service", 7},
           {"/service", std::string(65, 'a')},
           {"/streams/0/name", 7},
           {"/streams/0/app", nullptr},
           {"/streams/0/recv_bytes", -1},
           {"/streams/0/recv_bytes", "1"},
           {"/streams/0/recv_bytes", 1.5},
           {"/streams/0/publish", true},
           {"/streams/0/publish", Json::array({Json{{"active", true}, {"cid", "a"}}})},
           {"/streams/0/publish/active", 1},
           {"/streams/0/publish/cid", ""},
           {"/streams/0/publish/cid", -1},
           {"/streams/0/publish/cid", nullptr},
           {"/streams/0/publish/cid", "../../raw?rpc=reload"},
           {"/streams/0/publish/cid", std::string(65, 'a')},
       }) {
    EXPECT_ERROR(kUnavailable, ReadSrsWith(pointer, value)) << pointer << " " << value;
  }
}

TEST(SrsList, IgnoresTheSameNamesElsewhere) {
  Json stream = SrsStream("a");
  stream["kbps"] = {{"name", "x"}, {"active", false}, {"cid", "x"}, {"publish", {{"cid", "y"}}}};
  stream["publish"]["extra"] = {{"cid", "z"}, {"active", false}, {"list", {1, "cid"}}};
  Json listing = SrsListing({stream});
  listing["extra"] = {{"streams", {7}}, {"code", 9}, {"list", {{{"name", "q"}}}}};
  const auto list = ReadSrs(listing);
  ASSERT_OK(list);
  EXPECT_THAT(list->streams, ElementsAre(ListedStream{"a", "a69j0j6g", 4711}));
}

TEST(SrsList, IsBounded) {
  EXPECT_ERROR(kUnavailable, ReadSrs(std::string(100'000, '[')));
  std::string deep = "0";
  for (int i = 0; i < 100; ++i) deep.insert(0, R"({"publish":)").append("}");
  EXPECT_ERROR(kUnavailable, ReadSrs(deep));
}

TEST(SrsCalls, AskForAllStreams) {
  const OutgoingCall call = SrsListCall(SrsTestOptions());
  EXPECT_EQ(call.method, "GET");
  EXPECT_EQ(call.path_and_query, "/api/v1/streams/?start=0&count=100001");
  EXPECT_EQ(HeaderOf(call, "Authorization"), "Basic YWRtaW46cGFzcyB3b3Jk");
  EXPECT_EQ(call.max_reply_bytes, kMaxStreamListBytes);
  EXPECT_EQ(HeaderOf(SrsListCall({}), "Authorization"), "(none)");
}

TEST(SrsClients, AreAskedForInFull) {
  const OutgoingCall call = SrsClientsCall(SrsTestOptions());
  EXPECT_EQ(call.method, "GET");
  EXPECT_EQ(call.path_and_query, "/api/v1/clients/?start=0&count=8388608");
  EXPECT_EQ(HeaderOf(call, "Authorization"), "Basic YWRtaW46cGFzcyB3b3Jk");
  EXPECT_EQ(call.max_reply_bytes, kMaxStreamListBytes);
}

/// A player as SRS 7 writes it.
Json SrsClient(const std::string& id) {
  return {{"id", id},
          {"vhost", "vid-1r4ep6z"},
          {"stream", "vid-1d17mea"},
          {"ip", "127.0.0.1"},
          {"tcUrl", ""},
          {"url", "/live/bob"},
          {"name", "bob"},
          {"type", "rtc-play"},
          {"publish", false},
          {"alive", 0.15},
          {"kbps", {{"id", 7}, {"send_30s", 0}}}};
}

TEST(SrsClients, AreThoseOfAWholeList) {
  const Json list = {
      {"code", 0}, {"server", "vid-1"}, {"clients", {SrsClient("048z57p7"), SrsClient("c2")}}};
  const auto clients = ReadSrsClients({200, list.dump()});
  ASSERT_OK(clients);
  EXPECT_THAT(*clients, ElementsAre("048z57p7", "c2"));
  const auto none = ReadSrsClients({200, R"({"code":0,"clients":[]})"});
  ASSERT_OK(none);
  EXPECT_THAT(*none, IsEmpty());
  std::string odd = list.dump();
  odd.replace(odd.find("bob"), 3, "\xFF\x01");
  ASSERT_OK(ReadSrsClients({200, odd}));
}

// A missing player would be taken for one that has gone.
TEST(SrsClients, AreUnreadableOtherwise) {
  const std::string list = Json{{"code", 0}, {"clients", {SrsClient("c1")}}}.dump();
  for (std::size_t size = 0; size < list.size(); ++size) {
    EXPECT_ERROR(kUnavailable, ReadSrsClients({200, list.substr(0, size)})) << size;
  }
  EXPECT_ERROR(kUnavailable, ReadSrsClients({401, list}));
  for (const char* body :
       {R"({"code":1,"clients":[]})", R"({"code":0})", R"({"code":0,"clients":{}})",
        R"({"code":0,"clients":[7]})", R"({"code":0,"clients":[{"id":7}]})",
        R"({"code":0,"clients":[{"name":"a"}]})", R"([{"id":"a"}])"}) {
    EXPECT_ERROR(kUnavailable, ReadSrsClients({200, body})) << body;
  }
}

TEST(SrsCalls, DropAClient) {
  const OutgoingCall call = SrsDropCall(SrsTestOptions(), "a69j0j6g");
  EXPECT_EQ(call.method, "DELETE");
  EXPECT_EQ(call.path_and_query, "/api/v1/clients/a69j0j6g");
  EXPECT_EQ(HeaderOf(call, "Authorization"), "Basic YWRtaW46cGFzcyB3b3Jk");
}

TEST(SrsDrop, ReadsTheCode) {
  const auto dropped = ReadSrsDrop({200, R"({"code":0,"server":"vid-1","service":"s"})"});
  ASSERT_OK(dropped);
  EXPECT_EQ(*dropped, DropOutcome::kDropped);
  const auto absent = ReadSrsDrop({200, R"({"code":2049})"});
  ASSERT_OK(absent);
  EXPECT_EQ(*absent, DropOutcome::kNotThere);
  for (const char* body : {R"({"code":400})", R"({"code":"0"})", "{}", "0", ""}) {
    EXPECT_ERROR(kUnavailable, ReadSrsDrop({200, body})) << body;
  }
  EXPECT_ERROR(kUnavailable, ReadSrsDrop({401, R"({"code":0})"}));
}

class SrsServerTest : public testing::Test {
 protected:
  ScriptedCalls http_;
  SrsServer server_{SrsTestOptions(), http_};
};

TEST_F(SrsServerTest, ListsAndDrops) {
  http_.WillReply(SrsListing({SrsStream("a")}).dump());
  const auto list = server_.List(seconds(2));
  ASSERT_OK(list);
  EXPECT_THAT(list->streams, ElementsAre(ListedStream{"a", "a69j0j6g", 4711}));
  http_.WillReply(R"({"code":0})");
  const auto dropped = server_.Drop("a", "a69j0j6g", seconds(1));
  ASSERT_OK(dropped);
  EXPECT_EQ(*dropped, DropOutcome::kDropped);
  ASSERT_EQ(http_.asked.size(), 2u);
  EXPECT_EQ(http_.asked[0].base_url, "http://127.0.0.1:1985");
  EXPECT_EQ(http_.asked[0].timeout, seconds(2));
  EXPECT_EQ(http_.asked[1].timeout, seconds(1));
}

}  // namespace
}  // namespace rtcroom
