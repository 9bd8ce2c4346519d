// The cost of replies about rooms in the process, without HTTP: written directly as text and, for
// comparison, as a tree that the JSON library dumps. From a release build:
//   reply_bench
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "handlers/reply.h"
#include "handlers/room_json.h"
#include "tests/support/room_trees.h"
#include "tests/support/rooms.h"
#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

constexpr std::size_t kRooms = 20;
constexpr std::size_t kPushers = 4;
constexpr std::size_t kUnbounded = std::size_t{1} << 30U;

Room EmptyRoom(std::size_t number, const std::string& name) {
  Room room = MakeRoom(RoomKind::kMulti, fmt::format("room_{:08x}_0000", number));
  room.info = name;
  return room;
}

/// As long as WeChat's names and addresses, and the server's signed URLs.
Pusher PusherOf(std::size_t number, const std::string& name) {
  Pusher pusher = MakePusher(fmt::format("oUpF8uMuAJO_M2pxb1Q9zNjWe{:03}", number));
  pusher.user_name = name;
  pusher.user_avatar = std::string(130, 'a');
  pusher.accelerate_url = std::string(180, 'q');
  return pusher;
}

std::vector<Room> RoomsOf(const std::string& name) {
  std::vector<Room> rooms;
  for (std::size_t i = 0; i < kRooms; ++i) {
    Room& room = rooms.emplace_back(EmptyRoom(i, name));
    for (std::size_t k = 0; k < kPushers; ++k) room.pushers.push_back(PusherOf(k, name));
  }
  return rooms;
}

HttpReply ListAsText(const std::vector<Room>& rooms) {
  JsonText text;
  text.BeginArray("rooms");
  WriteRooms(rooms, Protocol::kGen1, kUnbounded, text);
  text.EndArray();
  RequestLabel label;
  return Render(Reply::Success(std::move(text)), label);
}

std::string ListAsTree(const std::vector<Room>& rooms) {
  return TreeText({{"code", 0}, {"message", "请求成功"}, {"rooms", RoomsTree(rooms)}});
}

HttpReply PushersAsText(const Room& room) {
  JsonText text;
  WritePushers(room, text);
  text.Field("roomCreator", room.creator.value).Field("mixedPlayURL", room.mixed_play_url);
  RequestLabel label;
  return Render(Reply::Success(std::move(text)), label);
}

std::string PushersAsTree(const Room& room) {
  return TreeText({{"code", 0},
                   {"message", "请求成功"},
                   {"pushers", PushersTree(room)},
                   {"roomCreator", room.creator.value},
                   {"mixedPlayURL", room.mixed_play_url}});
}

/// @param shape  builds the measured reply from its arguments.
template <typename Shaped, typename Shape>
void Register(const std::string& name, const Shaped& shaped, Shape shape) {
  benchmark::RegisterBenchmark(name.c_str(), [shaped, shape](benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(shape(shaped));
  });
}

void RegisterShapes(const std::string& text, const std::string& user_name) {
  const std::vector<Room> rooms = RoomsOf(user_name);
  Register("List20/text/" + text, rooms, ListAsText);
  Register("List20/tree/" + text, rooms, ListAsTree);
  Register("Pushers4/text/" + text, rooms.front(), PushersAsText);
  Register("Pushers4/tree/" + text, rooms.front(), PushersAsTree);
}

/// A router whose memory store holds this many rooms of this many pushers.
std::unique_ptr<RouterFixture> MakeServer() {
  auto server = std::make_unique<RouterFixture>();
  const std::string name = "小明的房间";
  for (std::size_t i = 0; i < kRooms; ++i) {
    const Room room = EmptyRoom(i, name);
    for (std::size_t k = 0; k < kPushers; ++k) {
      const Pusher pusher = PusherOf(k, name);
      (void)server->store.Update(room.key, [&](const Room* stored) {
        if (stored == nullptr) return rules::CreateRoom(stored, room, pusher, kNoon);
        return rules::AddPusher(stored, Dialect::kGen1, pusher, {}, {}, kNoon);
      });
    }
  }
  return server;
}

/// From the parsed request to the text of the reply.
void Call(benchmark::State& state, const RouterFixture& server, const std::string& endpoint,
          const std::string& body) {
  const HttpRequest request{.method = "POST",
                            .path = "/weapp/multi_room/" + endpoint,
                            .content_type = "application/json",
                            .body = body,
                            .peer_address = "192.0.2.1"};
  for (auto _ : state) {
    const LabelledReply reply = server.Send(request);
    if (reply.label.code != 0) state.SkipWithError(reply.body.c_str());
  }
}

void Resolve(benchmark::State& state, const RouterFixture& server, const std::string& path) {
  HttpRequest request{.method = "POST", .path = path};
  for (auto _ : state) benchmark::DoNotOptimize(server.router.Resolve(request));
}

void RegisterCalls(const RouterFixture& server) {
  const auto add = [&server](const std::string& endpoint, const std::string& body) {
    benchmark::RegisterBenchmark(("Call/" + endpoint).c_str(),
                                 [&server, endpoint, body](benchmark::State& state) {
                                   Call(state, server, endpoint, body);
                                 });
  };
  add("get_room_list", R"({"cnt":20,"index":0})");
  add("get_pushers", R"({"roomID":"room_00000000_0000"})");
  add("pusher_heartbeat",
      R"({"roomID":"room_00000000_0000","userID":"oUpF8uMuAJO_M2pxb1Q9zNjWe000"})");
  for (const std::string path : {"/weapp/multi_room/pusher_heartbeat",
                                 "/weapp/utils/get_login_info", "/weapp/multi_room/nowhere"}) {
    benchmark::RegisterBenchmark(
        ("Resolve" + path).c_str(),
        [&server, path](benchmark::State& state) { Resolve(state, server, path); });
  }
}

}  // namespace
}  // namespace rtcroom

// NOLINTNEXTLINE(bugprone-exception-escape): a benchmark that cannot run should terminate at once
int main(int argc, char** argv) {
  rtcroom::RegisterShapes("ascii", "a name");
  rtcroom::RegisterShapes("chinese", "小明的房间");
  rtcroom::RegisterShapes("quoted", R"(the "name")");
  const std::unique_ptr<rtcroom::RouterFixture> server = rtcroom::MakeServer();
  rtcroom::RegisterCalls(*server);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
