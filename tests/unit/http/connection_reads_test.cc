// Requests that only read the store: on the loop, or on workers where they may wait.
#include <chrono>
#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "tests/unit/http/edge_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

class ConnectionReadsTest : public EdgeTest {
 protected:
  void ServeReads(bool on_workers, TestHandler::HandleRequest handle) {
    auto handler = std::make_unique<TestHandler>(std::move(handle));
    handler->delay = [](std::string_view /*client*/) { return 1ms; };
    Serve(std::move(handler), {.connections = {.reads_on_workers = on_workers}}, {.loops = 1});
  }
  /// The body of the reply.
  std::string Get(const char* path) {
    RawClient client(address());
    client.Send(RawPost(path, ""));
    return client.Receive().body;
  }
};

void SayThread(const HttpRequest& /*request*/, Responder& responder) {
  responder.Send(
      {.body = fmt::format("{}", std::hash<std::thread::id>()(std::this_thread::get_id()))});
}

TEST_F(ConnectionReadsTest, RunOnTheLoop) {
  ServeReads(false, SayThread);
  const std::string loop = Get("/inline");
  EXPECT_EQ(Get("/read"), loop);
  EXPECT_EQ(Get("/paced"), loop);
  EXPECT_NE(Get("/worker"), loop);
}

TEST_F(ConnectionReadsTest, RunOnWorkersWhereTheyMayWait) {
  ServeReads(true, SayThread);
  const std::string loop = Get("/inline");
  EXPECT_NE(Get("/read"), loop);
  EXPECT_NE(Get("/paced"), loop);
  EXPECT_EQ(Get("/inline"), loop);
}

TEST_F(ConnectionReadsTest, ARequestOfTheLoopMayWaitOnAWorkerAndDelaysNoOther) {
  std::latch may_end(1);
  ServeReads(false, [&](const HttpRequest& request, Responder& responder) {
    if (request.path != "/inline") return SayThread(request, responder);
    const auto waiting = std::make_shared<Responder>(std::move(responder));
    EXPECT_TRUE(waiting->RunOnWorker([&may_end, waiting] {
      may_end.wait();
      SayThread({}, *waiting);
    }));
  });
  RawClient client(address());
  client.Send(RawPost("/inline", "") + RawPost("/read", ""));
  const std::string loop = Get("/read");
  may_end.count_down();
  EXPECT_NE(client.Receive().body, loop);
  EXPECT_EQ(client.Receive().body, loop);
}

TEST_F(ConnectionReadsTest, DelayNoOtherConnectionWhileASliceWaits) {
  std::latch has_read(1);
  ServeReads(true, [&](const HttpRequest& request, Responder& responder) {
    if (request.path != "/read") return responder.Send(Describe(request));
    const auto pending = std::make_shared<Responder>(std::move(responder));
    pending->RunInSlices([&has_read, pending, left = 3]() mutable {
      has_read.wait();
      if (--left > 0) return false;
      pending->Send({.body = "all"});
      return true;
    });
  });
  RawClient reader(address());
  reader.Send(RawPost("/read", "") + RawPost("/inline", ""));
  EXPECT_TRUE(Get("/inline").starts_with("POST /inline "));
  has_read.count_down();
  EXPECT_EQ(reader.Receive().body, "all");
  EXPECT_TRUE(reader.Receive().body.starts_with("POST /inline "));
}

}  // namespace
}  // namespace rtcroom
