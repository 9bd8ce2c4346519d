// The files of the console.
#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/admin/console_files.h"
#include "tests/unit/admin/console_fixture.h"

namespace rtcroom {
namespace {

using testing::Contains;
using testing::Pair;

class ConsolePages : public ConsoleFixture {
 protected:
  HttpReply Page(const std::string& path) {
    return Ask({.method = "GET", .path = path, .authorization = Secret("none")}).reply;
  }
};

TEST_F(ConsolePages, AreServedWithTheirMediaTypesWithoutAToken) {
  ASSERT_FALSE(ConsoleFiles().empty());
  for (const EmbeddedFile& file : ConsoleFiles()) {
    const HttpReply reply = Page(std::string(file.path));
    EXPECT_EQ(reply.status, 200) << file.path;
    EXPECT_EQ(reply.body, file.bytes) << file.path;
    EXPECT_THAT(reply.headers, Contains(Pair("Content-Type", std::string(file.media_type))));
    EXPECT_THAT(reply.headers, Contains(Pair("ETag", std::string(file.etag))));
    EXPECT_THAT(reply.headers, Contains(Pair("X-Content-Type-Options", "nosniff")));
    EXPECT_THAT(reply.headers, Contains(Pair("Referrer-Policy", "no-referrer")));
    EXPECT_THAT(reply.headers, Contains(Pair("Cross-Origin-Opener-Policy", "same-origin")));
    EXPECT_THAT(reply.headers, Contains(Pair("Cache-Control", "no-cache")));
    EXPECT_THAT(
        reply.headers,
        Contains(Pair("Content-Security-Policy",
                      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' "
                      "data:; connect-src 'self' http://127.0.0.1:5757 ws://127.0.0.1:5757; "
                      "media-src https://tv.example; base-uri 'none'; "
                      "form-action 'none'; frame-ancestors 'none'")));
  }
}

TEST_F(ConsolePages, AreServedForTheFolderPath) {
  EXPECT_EQ(Page("/console/").body, Page("/console/index.html").body);
  const HttpReply redirected = Page("/console");
  EXPECT_EQ(redirected.status, 308);
  EXPECT_THAT(redirected.headers, Contains(Pair("Location", "/console/")));
}

TEST_F(ConsolePages, AreUnavailableWithoutAConfiguredToken) {
  access_.SetToken(Secret());
  for (const char* path : {"/console", "/console/", "/console/index.html"}) {
    EXPECT_EQ(Page(path).status, 404) << path;
  }
}

TEST_F(ConsolePages, AreNotResentIfTheEtagMatches) {
  const EmbeddedFile& file = ConsoleFiles().front();
  for (const bool is_current : {true, false}) {
    const std::string tag = is_current ? std::string(file.etag) : R"("another")";
    const Answer answer =
        Ask({.method = "GET", .path = std::string(file.path), .if_none_match = R"(W/"x", )" + tag});
    EXPECT_EQ(answer.status, is_current ? 304 : 200);
    EXPECT_EQ(answer.reply.body.empty(), is_current);
    EXPECT_THAT(answer.reply.headers, Contains(Pair("ETag", std::string(file.etag))));
  }
}

TEST_F(ConsolePages, AreNotSentForAWildcardEtag) {
  const std::string path(ConsoleFiles().front().path);
  EXPECT_EQ(Ask({.method = "GET", .path = path, .if_none_match = "*"}).status, 304);
  EXPECT_EQ(Ask({.method = "GET", .path = path, .if_none_match = R"("*")"}).status, 200);
}

TEST_F(ConsolePages, HaveDistinctEtags) {
  std::vector<std::string_view> tags;
  for (const EmbeddedFile& file : ConsoleFiles()) tags.push_back(file.etag);
  std::ranges::sort(tags);
  EXPECT_TRUE(std::ranges::adjacent_find(tags) == tags.end());
}

}  // namespace
}  // namespace rtcroom
