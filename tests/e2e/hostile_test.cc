// Every request gets a status and a code, or the end of its connection; the server continues to
// serve, and retains nothing of it.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/hostile_requests.h"
#include "tests/e2e/room_calls.h"
#include "tests/support/process_stats.h"
#include "tests/support/protocol_code.h"
#include "tests/support/raw_client.h"
#include "tests/support/sanitizers.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using testing::Contains;

constexpr int kContinue = 100;
constexpr int kNoContent = 204;
constexpr int kMethodNotAllowed = 405;
constexpr int kFirstClientFault = 400;
constexpr int kFirstServerFault = 500;

std::string MethodOf(const HostileRequest& request) {
  return request.bytes.substr(0, request.bytes.find(' '));
}

/// The next final reply.
RawReply NextReply(RawClient& client, const std::string& method) {
  RawReply reply = client.Receive(method);
  while (reply.status == kContinue) reply = client.Receive(method);
  return reply;
}

/// Invariants of every reply.
void ExpectJson(const RawReply& reply, const std::string& method) {
  for (const char* header : {"Content-Encoding", "Transfer-Encoding", "Accept-Ranges",
                             "Content-Range", "EXCEPTION_WHAT", "X-Injected"}) {
    EXPECT_FALSE(reply.HasHeader(header)) << reply.head;
  }
  if (reply.status == kMethodNotAllowed) {
    EXPECT_EQ(reply.Header("Allow"), "POST, OPTIONS");
  }
  if (reply.status == kNoContent || method == "HEAD") {
    EXPECT_EQ(reply.body, "");
    return;
  }
  EXPECT_EQ(reply.Header("Content-Type"), "application/json; charset=utf-8");
  const auto json = nlohmann::json::parse(reply.body, nullptr, /*allow_exceptions=*/false);
  EXPECT_NE(CodeOf(json), kNoCode) << reply.body;
  EXPECT_TRUE(json.is_object() && json["message"].is_string()) << reply.body;
  if (reply.status >= kFirstServerFault) {
    EXPECT_EQ(CodeOf(json), kInternalFailure);
  } else if (reply.status >= kFirstClientFault) {
    EXPECT_EQ(CodeOf(json), kBadParameter);
  }
}

void ExpectToServe(RawClient& client) {
  client.Send(GoodRequest());
  const RawReply reply = client.Receive();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.code(), kOk) << reply.body;
}

void Try(RawClient client, const HostileRequest& request) {
  const std::string method = MethodOf(request);
  client.Send(request.bytes);
  for (const std::vector<int>& expected : request.replies) {
    const RawReply reply = NextReply(client, method);
    // After an unexpected reply the next ones are not meaningful.
    ASSERT_THAT(expected, Contains(reply.status)) << reply.head << reply.body;
    ExpectJson(reply, method);
  }
  switch (request.afterwards) {
    case Afterwards::kServes:
      return ExpectToServe(client);
    case Afterwards::kCloses:
      EXPECT_EQ(client.ReceiveAll(), "");
      return;
    case Afterwards::kHangsUp:
      return;
  }
}

class Hostile : public testing::Test {
 protected:
  void TryAll(const std::vector<HostileRequest>& table) {
    for (const HostileRequest& request : table) {
      SCOPED_TRACE(request);
      Try(RawClient(server_.AddressOf("http")), request);
      Try(RawClient(server_.AddressOf("https"), {.trusted = server_.certificate()}), request);
    }
  }

  ServerProcess server_{
      {.settings = {{"limits.per_address_rate", "0/s"}, {"limits.per_user_rate", "0/s"}}}};
};

TEST_F(Hostile, HellosGetNoReplyInHttp) {
  constexpr char kTlsAlert = '\x15';
  for (const HostileHello& hello : HostileHellos()) {
    RawClient client(server_.AddressOf("https"));
    client.Send(hello.bytes);
    const std::string answer = client.ReceiveAll();
    const bool is_told = answer.starts_with("HTTP/1.1 400 ");  // that TLS is spoken
    EXPECT_TRUE(answer.empty() || answer.front() == kTlsAlert || is_told)
        << hello.name << ": " << answer;
  }
  RawClient client(server_.AddressOf("https"), {.trusted = server_.certificate()});
  ExpectToServe(client);
}

TEST_F(Hostile, RequestsGetTheirStatusAndCodeAndLeaveNothingBehind) {
  const pid_t server = server_.child().pid();
  const std::vector<HostileRequest> table = HostileRequests();
  std::set<std::string> names;
  for (const HostileRequest& request : table) names.insert(request.name);
  EXPECT_EQ(names.size(), table.size()) << "each row has a unique name";
  EXPECT_GE(table.size(), 150U);
  TryAll(table);  // first-time allocations happen here
  const std::size_t descriptors = OpenDescriptorsOf(server);
  if (IsServerSanitized()) {
    TryAll(table);  // the sanitizers' allocators keep freed memory for a while, to detect its use
  } else {
    EXPECT_TRUE(StopsGrowing(server, [&] { TryAll(table); }));
  }
  EXPECT_TRUE(Eventually([&] { return OpenDescriptorsOf(server) <= descriptors; }));
  RawClient client(server_.AddressOf("http"));
  ExpectToServe(client);
}

}  // namespace
}  // namespace rtcroom
