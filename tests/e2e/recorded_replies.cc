#include "tests/e2e/recorded_replies.h"

#include <array>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/raw_client.h"

namespace rtcroom {
namespace {

struct Variable {
  const char* pattern;
  const char* replacement;
};

/// Times, numbers drawn at random, addresses, and what belongs to one build or machine.
constexpr auto kVariables = std::to_array<Variable>({
    {R"re("(\w+Ms)":\d+)re", R"("$1":<ms>)"},
    {R"re("(time|login)":\d{13})re", R"("$1":<ms>)"},
    {R"re(\b[0-9a-f]{16}\b)re", "<epoch>"},
    {R"re(\b127\.0\.0\.1:\d+)re", "127.0.0.1:<port>"},
    {R"re("reconnect":\d+)re", R"("reconnect":<ms>)"},
    {R"re("version":"[^"]*")re", R"("version":"<version>")"},
    {R"re("file":"[^"]*")re", R"("file":"<file>")"},
    {R"re("userID":"user_\w+")re", R"("userID":"<guest>")"},
    {R"re("userSig":"[^"]*")re", R"("userSig":"<ticket>")"},
    {R"re(version="\d+\.[^"]*")re", R"(version="<version>")"},
    // Pages and metrics change with each version.
    {R"re(Content-Length: \d+(\r\n(?:.*\r\n)*Content-Type: text/))re",
     "Content-Length: <length>$1"},
    {R"re(ETag: "[^"]*")re", "ETag: <etag>"},
});

constexpr std::size_t kMaxBody = 65'536;
constexpr std::string_view kLengthName = "Content-Length: ";

}  // namespace

std::string WithoutVariables(const std::string& reply) {
  std::string text = reply;
  for (const auto& [pattern, replacement] : kVariables) {
    text = std::regex_replace(text, std::regex(pattern), replacement);
  }
  const std::size_t body = reply.find("\r\n\r\n");
  if (text == reply || body == std::string::npos) return text;
  const std::string length = fmt::format("{}{}\r\n", kLengthName, reply.size() - body - 4);
  if (const std::size_t at = text.find(length); at != std::string::npos) {
    text.replace(at, length.size(), fmt::format("{}<length>\r\n", kLengthName));
  }
  return text;
}

void ExpectRecorded(const std::string& file, const nlohmann::json& replies) {
  const std::string path = std::string(RTCROOM_RECORDED_REPLIES) + '/' + file;
  if (std::getenv("RTCROOM_WRITE_REPLIES") != nullptr) {
    std::ofstream(path) << replies.dump(1, ' ') << "\n";
    return;
  }
  const auto recorded = nlohmann::json::parse(std::ifstream(path));
  EXPECT_EQ(recorded.size(), replies.size());
  for (const auto& [name, reply] : replies.items()) {
    EXPECT_EQ(reply, recorded.value(name, nlohmann::json("not recorded"))) << name;
  }
}

std::string ReplyRecorder::Send(const Request& request) const {
  const bool has_body = request.line.starts_with("POST ") || !request.body.empty();
  RawClient client(address_);
  client.Send(fmt::format("{} HTTP/1.1\r\nHost: localhost\r\n{}{}Connection: close\r\n\r\n{}",
                          request.line, request.headers,
                          has_body ? fmt::format("{}{}\r\n", kLengthName, request.body.size()) : "",
                          request.body));
  // A connection whose request was not read to its end lingers until the client has closed it.
  if (request.body.size() > kMaxBody) client.CloseWriting();
  return client.ReceiveAll();
}

void ReplyRecorder::AskUntil(std::string_view text, const Request& request) {
  constexpr int kMostTries = 100;
  std::string reply;
  for (int i = 0; i < kMostTries && reply.find(text) == std::string::npos; ++i) {
    reply = Send(request);
  }
  Keep(NameOf(request), WithoutVariables(reply));
}

void ReplyRecorder::Keep(const std::string& name, std::string reply) {
  EXPECT_FALSE(replies_.contains(name)) << name << ": twice";
  replies_[name] = std::move(reply);
}

}  // namespace rtcroom
