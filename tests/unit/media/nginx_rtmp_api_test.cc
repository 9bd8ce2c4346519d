#include "daemon/media/nginx_rtmp_api.h"

#include <chrono>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/matchers.h"
#include "tests/support/scripted_calls.h"

namespace rtcroom {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

/// As libnginx-mod-rtmp 1.2.2-3 writes them; without the meta data.
constexpr const char* kHead =
    "<?xml version=\"1.0\" encoding=\"utf-8\" "
    "?>\r\n<rtmp>\r\n<nginx_version>1.22.1</nginx_version>\r\n"
    "<nginx_rtmp_version>1.1.4</nginx_rtmp_version>\r\n<built>Feb 13 2023 11:56:56</built>\r\n"
    "<pid>3599</pid>\r\n<uptime>3</uptime>\r\n<naccepted>6</naccepted>\r\n<bw_in>0</bw_in>\r\n"
    "<bytes_in>2508</bytes_in>\r\n<bw_out>0</bw_out>\r\n<bytes_out>2526</bytes_out>\r\n";
constexpr const char* kTail = "</rtmp>\r\n";

constexpr const char* kPlayer =
    "<client><id>2</id><address>127.0.0.1</address><time>2312</time><flashver>FMLE/3.0 (test)"
    "</flashver><dropped>0</dropped><avsync>0</avsync><timestamp>0</timestamp><active/></"
    "client>\r\n";
constexpr const char* kPublisher =
    "<client><id>1</id><address>127.0.0.1</address><time>2814</time><flashver>FMLE/3.0 (test)"
    "</flashver><dropped>0</dropped><avsync>0</avsync><timestamp>0</timestamp><publishing/><active/"
    ">"
    "</client>\r\n";
constexpr const char* kMeta =
    "<meta><video><width>1280</width><height>720</height><frame_rate>0</frame_rate>"
    "<codec>H264</codec><profile>High</profile><compat>0</compat><level>3.1</level></video><audio>"
    "<codec>AAC</codec><profile>LC</profile><channels>2</channels><sample_rate>44100</sample_rate>"
    "</audio></meta>\r\n";

std::string NginxStream(const std::string& name, const std::string& clients,
                        const std::string& flags = "<publishing/>\r\n<active/>\r\n") {
  return "<stream>\r\n<name>" + name +
         "</name>\r\n<time>2613</time><bw_in>0</bw_in>\r\n<bytes_in>257</bytes_in>\r\n"
         "<bw_out>0</bw_out>\r\n<bytes_out>0</bytes_out>\r\n<bw_audio>0</bw_audio>\r\n"
         "<bw_video>0</bw_video>\r\n" +
         clients + kMeta + "<nclients>1</nclients>\r\n" + flags + "</stream>\r\n";
}

std::string Application(const std::string& name, const std::string& streams) {
  return "<application>\r\n<name>" + name + "</name>\r\n<live>\r\n" + streams +
         "<nclients>5</nclients>\r\n</live>\r\n</application>\r\n";
}

std::string Server(const std::string& applications) {
  return "<server>\r\n" + applications + "</server>\r\n";
}

std::string NginxListing(const std::string& streams) {
  return kHead + Server(Application("live", streams) + Application("mix", "")) + kTail;
}

Result<StreamList> ReadNginx(std::string body, int status = 200) {
  return ReadNginxList({status, std::move(body)}, "live");
}

void Replace(std::string& text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  ASSERT_NE(at, std::string::npos) << what;
  text.replace(at, what.size(), by);
}

/// The outcome of a listing with one stream in which one piece is replaced.
Result<StreamList> ReadNginxWith(const std::string& what, const std::string& by) {
  std::string listing = NginxListing(NginxStream("a", kPublisher));
  Replace(listing, what, by);
  return ReadNginx(std::move(listing));
}

StreamServerOptions NginxTestOptions() {
  return {.base_url = "http://127.0.0.1:8086", .control_key = Secret("key")};
}

TEST(NginxList, HasTheProcessAndThePublishedStreams) {
  const auto list = ReadNginx(
      NginxListing(NginxStream("8888_user_0001", std::string(kPlayer) + kPublisher) +
                   NginxStream("b", "<client><id>5</id><publishing/><active/></client>\r\n")));
  ASSERT_OK(list);
  EXPECT_EQ(list->life, "3599");
  EXPECT_EQ(list->uptime, seconds(3));
  EXPECT_THAT(list->streams,
              ElementsAre(ListedStream{"8888_user_0001", "1", 257}, ListedStream{"b", "5", 257}));
}

TEST(NginxList, TellsWhatOfAStreamArrives) {
  const auto parts_with = [](std::vector<std::pair<std::string, std::string>> replaced) {
    std::string listing = NginxListing(NginxStream("a", kPublisher));
    for (const auto& [what, by] : replaced) Replace(listing, what, by);
    const auto list = ReadNginx(std::move(listing));
    return list ? list->streams.at(0).parts : StreamParts{.video = false, .audio = false};
  };
  const std::pair<std::string, std::string> no_video = {"<codec>H264</codec>", ""};
  const std::pair<std::string, std::string> no_audio = {"<codec>AAC</codec>", ""};
  const std::pair<std::string, std::string> later = {"<time>2814</time>", "<time>20000</time>"};
  const std::pair<std::string, std::string> pictures = {"<bw_video>0<", "<bw_video>9000<"};
  const std::pair<std::string, std::string> sound = {"<bw_audio>0<", "<bw_audio>300<"};
  const StreamParts both;
  const StreamParts video{.audio = false};
  const StreamParts audio{.video = false};
  EXPECT_EQ(parts_with({}), both) << "rates are not known yet";
  EXPECT_EQ(parts_with({no_video}), audio);
  EXPECT_EQ(parts_with({no_audio}), video);
  EXPECT_EQ(parts_with({no_video, no_audio}), both) << "no codec is known yet";
  EXPECT_EQ(parts_with({later, pictures, sound}), both);
  EXPECT_EQ(parts_with({later, sound}), audio) << "a camera that was switched off";
  EXPECT_EQ(parts_with({later, pictures}), video);
  EXPECT_EQ(parts_with({later}), both) << "the stream stalls";
}

TEST(NginxList, LeavesOutStreamsThatAreOnlyPlayed) {
  const auto list = ReadNginx(NginxListing(NginxStream("waiting", kPlayer, "")));
  ASSERT_OK(list);
  EXPECT_THAT(list->streams, IsEmpty());
}

TEST(NginxList, LeavesOutOtherApplicationsAndServers) {
  const auto list = ReadNginx(kHead +
                              Server(Application("mix", NginxStream("only_mix", kPublisher)) +
                                     Application("live", NginxStream("a", kPublisher))) +
                              Server(Application("live", NginxStream("b", kPublisher))) + kTail);
  ASSERT_OK(list);
  EXPECT_THAT(list->streams, ElementsAre(ListedStream{"a", "1", 257}));
}

// The module writes a blank for each byte that is not printable.
TEST(NginxList, HasNamesWithAnyCharacters) {
  const auto list =
      ReadNginx(NginxListing(NginxStream("a&amp;b&lt;c&gt;%20 ;&quot;  ", kPublisher) +
                             NginxStream("", kPublisher) + NginxStream("\xFF\x01", kPublisher)));
  ASSERT_OK(list);
  ASSERT_EQ(list->streams.size(), 3u);
  EXPECT_EQ(list->streams[0].name, "a&b<c>%20 ;\"  ");
  EXPECT_EQ(list->streams[1].name, "");
  EXPECT_EQ(list->streams[2].name, "\xFF\x01");
}

TEST(NginxList, MayBeEmpty) {
  const auto list = ReadNginx(NginxListing(""));
  ASSERT_OK(list);
  EXPECT_THAT(list->streams, IsEmpty());
}

// A missing stream would be taken for one that has ended.
TEST(NginxList, IsUnreadableUnlessItIsWhole) {
  const std::string listing = NginxListing(NginxStream("a", kPublisher));
  for (std::size_t size = 0; size < listing.size() - 3; ++size) {
    EXPECT_ERROR(kUnavailable, ReadNginx(listing.substr(0, size))) << size;
  }
  ASSERT_OK(ReadNginx(listing));
  EXPECT_ERROR(kUnavailable, ReadNginx(listing, 403));
  EXPECT_ERROR(kUnavailable, ReadNginx("<html><body>404 Not Found</body></html>"));
  EXPECT_ERROR(kUnavailable, ReadNginx(kHead + Server(Application("other", "")) + kTail));
  EXPECT_ERROR(kUnavailable, ReadNginx(std::string(kHead) + kTail));
  // rtmp_stat without `live`, and without `clients`
  EXPECT_ERROR(kUnavailable,
               ReadNginx(kHead + Server("<application><name>live</name></application>") + kTail));
  EXPECT_ERROR(kUnavailable, ReadNginx(NginxListing(NginxStream("a", ""))));
}

TEST(NginxList, IsUnreadableWithInvalidNumbers) {
  EXPECT_ERROR(kUnavailable, ReadNginxWith("<pid>3599", "<pid>"));
  EXPECT_ERROR(kUnavailable, ReadNginxWith("<pid>3599", "<pid>-1"));
  EXPECT_ERROR(kUnavailable, ReadNginxWith("<uptime>3", "<uptime>3.5"));
  EXPECT_ERROR(kUnavailable, ReadNginxWith("<uptime>3", "<uptime>9223372036854775808"));
  EXPECT_ERROR(kUnavailable, ReadNginxWith("<bytes_in>257", "<bytes_in>18446744073709551616"));
  EXPECT_ERROR(kUnavailable, ReadNginxWith("<bytes_in>257", "<bytes_in> 257"));
  EXPECT_ERROR(kUnavailable, ReadNginxWith("<id>1<", "<id><"));
  EXPECT_ERROR(kUnavailable, ReadNginxWith("<id>1<", "<id>1&amp;name=x<"));
  EXPECT_OK(ReadNginxWith("<bytes_in>257", "<bytes_in>18446744073709551615"));
}

TEST(NginxList, ExpandsNoEntities) {
  std::string listing = NginxListing(NginxStream("&e;", kPublisher));
  Replace(listing, "<rtmp>", "<!DOCTYPE rtmp [<!ENTITY e \"expanded\">]><rtmp>");
  const auto list = ReadNginx(std::move(listing));
  ASSERT_OK(list);
  EXPECT_EQ(list->streams[0].name, "&e;");
}

TEST(NginxList, IsBounded) {
  std::string tags;
  for (int i = 0; i < 700'000; ++i) tags += "<a/>";
  EXPECT_ERROR(kUnavailable, ReadNginx(NginxListing(tags)));
  EXPECT_ERROR(kUnavailable, ReadNginx(NginxListing(std::string(kMaxStreamListBytes, ' '))));
}

TEST(NginxCalls, AskForTheListWithTheKey) {
  const OutgoingCall call = NginxListCall(NginxTestOptions());
  EXPECT_EQ(call.method, "GET");
  EXPECT_EQ(call.path_and_query, "/stat");
  EXPECT_EQ(HeaderOf(call, "Authorization"), "Bearer key");
  EXPECT_EQ(call.max_reply_bytes, kMaxStreamListBytes);
  EXPECT_EQ(HeaderOf(NginxListCall({}), "Authorization"), "(none)");
}

TEST(NginxCalls, DropAPublisher) {
  const OutgoingCall call = NginxDropCall(NginxTestOptions(), "8888_user-1", "17");
  EXPECT_EQ(call.path_and_query, "/control/drop/publisher?app=live&name=8888_user-1&clientid=17");
  EXPECT_EQ(HeaderOf(call, "Authorization"), "Bearer key");
}

// The module would not find such a name; any publisher has an ID of its own.
TEST(NginxCalls, DropAPublisherOfAnOddNameByItsIdAlone) {
  for (const std::string& name :
       {std::string("a&app=mix"), std::string("a%20b"), std::string(), std::string(256, 'a')}) {
    EXPECT_EQ(NginxDropCall(NginxTestOptions(), name, "17").path_and_query,
              "/control/drop/publisher?app=live&clientid=17");
  }
}

TEST(NginxDrop, ReadsHowManyWereDropped) {
  const auto dropped = ReadNginxDrop({200, "1"});
  ASSERT_OK(dropped);
  EXPECT_EQ(*dropped, DropOutcome::kDropped);
  const auto absent = ReadNginxDrop({200, "0"});
  ASSERT_OK(absent);
  EXPECT_EQ(*absent, DropOutcome::kNotThere);
  for (const char* body : {"", "x", "1 ", "-1", "18446744073709551616"}) {
    EXPECT_ERROR(kUnavailable, ReadNginxDrop({200, body})) << body;
  }
  EXPECT_ERROR(kUnavailable, ReadNginxDrop({500, "0"}));
  EXPECT_ERROR(kUnavailable, ReadNginxDrop({204, ""}));
}

class NginxRtmpServerTest : public testing::Test {
 protected:
  ScriptedCalls http_;
  NginxRtmpServer server_{NginxTestOptions(), http_};
};

TEST_F(NginxRtmpServerTest, ListsAndDrops) {
  http_.WillReply(NginxListing(NginxStream("a", kPublisher)));
  const auto list = server_.List(seconds(2));
  ASSERT_OK(list);
  EXPECT_THAT(list->streams, ElementsAre(ListedStream{"a", "1", 257}));
  http_.WillReply("1");
  const auto dropped = server_.Drop("a", "1", seconds(1));
  ASSERT_OK(dropped);
  EXPECT_EQ(*dropped, DropOutcome::kDropped);
  ASSERT_EQ(http_.asked.size(), 2u);
  EXPECT_EQ(http_.asked[0].base_url, "http://127.0.0.1:8086");
  EXPECT_EQ(http_.asked[0].timeout, seconds(2));
  EXPECT_EQ(http_.asked[1].timeout, seconds(1));
}

}  // namespace
}  // namespace rtcroom
