#include "tests/e2e/aging_rows.h"

#include <chrono>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/store_commands.h"
#include "tests/support/eventually.h"

namespace rtcroom {
namespace {

/// A ticket that is valid before, during and after each jump.
std::string LastingTicket(const std::string& user) {
  constexpr std::chrono::years kLife{30};
  return MakeTicket(user, kLife, kLife / 2);
}

Connect To(const ServerProcess& server) {
  return [&server] { return server.Http(); };
}

ChannelCaller Caller(const ServerProcess& server, const std::string& account) {
  ChannelCaller caller(To(server), {.account = account, .ticket = LastingTicket(account)});
  EXPECT_EQ(ErrorCodeOf(caller.LogIn().json), 0) << account;
  return caller;
}

int CodeOf(const ServerProcess& server, const std::string& account, const ChannelProof& proof) {
  return ChannelCaller(To(server), account, proof).CodeOf("v4/openim/authkey");
}

ApiReply LogInAs(ApiClient& client, const std::string& user) {
  return LogIn(client, {.user_id = user, .user_sig = LastingTicket(user)});
}

std::string TokenOf(const ServerProcess& server, const std::string& user) {
  ApiClient client = server.Http();
  const ApiReply reply = LogInAs(client, user);
  EXPECT_EQ(reply.code(), kOk) << reply;
  return reply.Text("token");
}

Gen2Client LoggedIn(const ServerProcess& server, const std::string& user,
                    const std::string& token) {
  return {server.Http(), user, "multi_room", token};
}

void Operate(const ServerProcess& server, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--config", server.config_file().string(), "--target",
                                     server.AddressOf("grpc")});
  const FinishedCommand done = RunBinary(std::move(arguments));
  EXPECT_EQ(done.exit_code, 0) << done.err;
}

void Enter(ApiClient& client, const std::string& kind, const char* endpoint,
           const nlohmann::json& body) {
  const ApiReply reply = client.Call(kind, endpoint, body);
  EXPECT_EQ(reply.code(), kOk) << reply;
}

}  // namespace

Settings WithAgingRows(Settings settings) {
  settings.merge(Settings{{"room.heartbeat_timeout", kShortRetention},
                          {"store.event_retention", kShortRetention},
                          {"channel.enabled", true},
                          {"channel.max_instances", 1},
                          {"channel.history", kShortRetention},
                          {"live.api", "nginx-rtmp"},
                          {"live.api_base_url", "http://127.0.0.1:9"},
                          {"live.control_key", "0123456789abcdef0123456789abcdef"},
                          {"live.rtmp_callback_secret", "fedcba9876543210fedcba9876543210"},
                          {"live.push_key", "a key of push URLs"},
                          {"trtc.enabled", true},
                          {"trtc.base_url", "http://127.0.0.1:9"},
                          {"trtc.region", "ap-guangzhou"},
                          {"trtc.secret_id", "id-of-trtc"},
                          {"trtc.secret_key", "secret-key-of-trtc-0123456789"}});
  return WithLogins(std::move(settings));
}

AgingRows::AgingRows(const ServerProcess& server) : token_(TokenOf(server, "bob")) {
  ApiClient client = server.Http();
  Enter(client, "multi_room", "create_room", CreateBody("amy", "open"));
  Enter(client, "multi_room", "add_pusher", PusherBody("open", "eve"));
  Operate(server, {"rooms", "kick", "multi", "open", "eve", "--ban", kShortRetention});

  const ApiReply made = client.Call("webrtc_room", "create_room", PrepareBody("alice"));
  EXPECT_EQ(made.code(), kOk) << made;
  const std::string room = made.Text("roomID");
  for (const char* const user : {"alice", "carol"}) {
    Enter(client, "webrtc_room", "enter_room", MemberBody(room, user));
  }
  Operate(server, {"rooms", "kick", "webrtc", room, "carol"});

  EXPECT_EQ(LoggedIn(server, "bob", token_).Call("add_pusher", PusherBody("named", "bob")).code(),
            kOk);
  ChannelCaller bob = Caller(server, "bob");
  EXPECT_FALSE(bob.Join("named").empty());
  EXPECT_EQ(bob.SendText("named", "hello"), 0);
  bob_ = bob.proof();

  ChannelCaller gone = Caller(server, "gone");
  EXPECT_EQ(gone.CodeOf("v4/openim/longpollinglogout"), 0);
  gone_ = gone.proof();
  replaced_ = Caller(server, "replaced").proof();
  (void)Caller(server, "replaced");
  Operate(server, {"users", "logout", "dan"});
}

void AgingRows::ExpectInForce(const ServerProcess& server) const {
  ExpectEndedLogins(server);
  ApiClient client = server.Http();
  EXPECT_NE(client.Call("multi_room", "add_pusher", PusherBody("open", "eve")).code(), kOk)
      << "is banned";
  Gen2Client bob = LoggedIn(server, "bob", token_);
  EXPECT_EQ(PusherIds(bob.Call("get_pushers", RoomBody("named"))), std::vector<std::string>{"bob"});
  EXPECT_EQ(CodeOf(server, "bob", bob_), 0);
  EXPECT_EQ(CodeOf(server, "replaced", replaced_), kOtherLogin);
}

void AgingRows::ExpectEndedLogins(const ServerProcess& server) const {
  EXPECT_EQ(CodeOf(server, "gone", gone_), kNoLogin);
  EXPECT_NE(CodeOf(server, "replaced", replaced_), 0);
  ApiClient client = server.Http();
  EXPECT_NE(LogInAs(client, "dan").code(), kOk) << "the ticket is older than the logout";
}

int AgingRows::SendAgain(const ServerProcess& server) const {
  ChannelCaller bob(To(server), "bob", bob_);
  return bob.SendText("named", "again");
}

LoginsMeanwhile::LoginsMeanwhile(const ServerProcess& server)
    : token_(TokenOf(server, "fay")), ended_token_(TokenOf(server, "gus")) {
  EXPECT_EQ(LoggedIn(server, "gus", ended_token_).Logout().code(), kOk);
  ChannelCaller ended = Caller(server, "gus");
  EXPECT_EQ(ended.CodeOf("v4/openim/longpollinglogout"), 0);
  ended_ = ended.proof();
  (void)Caller(server, "fay");
}

void LoginsMeanwhile::ExpectKept(const ServerProcess& server) const {
  EXPECT_EQ(LoggedIn(server, "fay", token_).Call("get_room_list", ListBody()).code(), kOk);
  EXPECT_NE(LoggedIn(server, "gus", ended_token_).Call("get_room_list", ListBody()).code(), kOk);
  EXPECT_EQ(CodeOf(server, "gus", ended_), kNoLogin);
  for (const char* const user : {"fay", "gus"}) {
    // Logins follow the end of the earlier ones, which was dated by the wrong clock, and so does
    // one at another server: until that is known here, it may take the place of this one.
    EXPECT_TRUE(Eventually([&] {
      ChannelCaller caller = Caller(server, user);
      return CodeOf(server, user, caller.proof()) == 0 && !caller.Join("named").empty();
    })) << user;
  }
}

}  // namespace rtcroom
