// Callbacks with the texts of hostile clients, in great numbers.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/cycles.h"
#include "tests/unit/handlers/callback_router_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

/// The streams of others, and the clients that send them.
const std::map<std::string, std::string> kTheirs = {{"alice", "11"}, {"bob", "12"}};

/// Calls that a media server makes for hostile clients. These choose names, arguments, and the
/// order of the calls; one of them may push "mallory". They do not choose the clients' numbers, so
/// a call that can end a stream never has one of `kTheirs`.
class HostileClients {
 public:
  HostileClients(std::uint64_t seed, std::string own_arguments)
      : random_(seed), own_arguments_(std::move(own_arguments)) {}

  /// A form of nginx-rtmp.
  std::string Form() {
    const std::string call =
        OneOf({"publish", "update_publish", "publish_done", "done", "play", "play_done",
               "update_play", "record_done", "connect", "disconnect", "on_publish", "", "%00"});
    const bool is_senders = call == "publish" || call == "update_publish" || call == "publish_done";
    std::string body = "app=" + OneOf({"live", "live", "live", "other", "", "live%2Falice"}) +
                       "&flashver=&swfurl=&tcurl=rtmp://127.0.0.1/live&pageurl=&addr=" +
                       OneOf({"127.0.0.1", "10.0.0.1", "nonsense", ""}) +
                       "&clientid=" + Client(is_senders) + "&call=" + call;
    if (random_() % 8 != 0) body += "&name=" + Name();
    body += OneOf({"", "&type=live", "&time=5&timestamp=0", "&recorder=&path=/etc/passwd"});
    for (std::uint64_t i = random_() % 3; i > 0; --i) body += "&" + Argument();
    return body;
  }

  /// An object of SRS.
  std::string Object() {
    const std::string action = OneOf({"on_publish", "on_unpublish", "on_close", "on_play",
                                      "on_stop", "on_dvr", "on_connect", "on_hls", ""});
    const bool is_senders = action == "on_publish" || action == "on_unpublish";
    nlohmann::json body = {{"action", action}, {"client_id", Client(is_senders)},
                           {"ip", "10.0.0.1"}, {"app", OneOf({"live", "live", "other"})},
                           {"stream", Name()}, {"param", "?" + Argument() + "&" + Argument()}};
    if (random_() % 8 == 0) body["client_id"] = random_() % 1000 + 1000;
    if (random_() % 8 == 0) body["file"] = "../../etc/passwd";
    std::string text = body.dump();
    // Some versions of SRS write the texts of clients as they are.
    if (random_() % 8 == 0) text.insert(1, R"("action":"on_unpublish","client_id":"11",)");
    return text;
  }

  std::chrono::milliseconds Pause() { return std::chrono::milliseconds(random_() % 20); }
  bool IsForm() { return random_() % 2 == 0; }

 private:
  std::string OneOf(const std::vector<std::string>& texts) {
    return texts[random_() % texts.size()];
  }
  std::string Client(bool is_senders) {
    if (!is_senders && random_() % 2 == 0) return OneOf({"11", "12"});
    return OneOf({std::to_string(1000 + random_() % 1000), "", "0", "-1", "1e1", "%311x", " 11",
                  "11%00", "011", std::string(65, '7')});
  }
  std::string Name() {
    if (random_() % 4 == 0) return "mallory";
    return OneOf({"alice", "bob", "mallory", "alice", "bob", "mallory", "carol", "", "ALICE",
                  "alice%00", "%61lice", "../alice", "a&name=alice", std::string(300, 'n'),
                  "alice\r\nX: y"});
  }
  std::string Argument() {
    if (random_() % 4 == 0) return own_arguments_;
    return OneOf({"name=alice", "clientid=11", "call=publish_done", "app=live",
                  "txSecret=0123456789abcdef0123456789abcdef&txTime=7FFFFFFF",
                  "txSecret=&txTime=", "txSecret=0123&txTime=zz", "=&&==", "%", "\r\n\r\n"});
  }

  std::mt19937_64 random_;
  std::string own_arguments_;
};

class ForgedCallbacksTest : public CallbackRouterTest {
 protected:
  void SetUp() override {
    for (const auto& [stream, client] : kTheirs) {
      arguments_[stream] = PushArguments(stream);
      ASSERT_EQ(Nginx("publish", stream, arguments_[stream], client), 200);
    }
    began_ = clock_.Monotonic();
  }
  /// The calls that their senders cause.
  void GoOn() {
    const auto passed = clock_.Monotonic() - began_;
    const auto media_ms = std::chrono::duration_cast<std::chrono::milliseconds>(passed).count();
    for (const auto& [stream, client] : kTheirs) {
      const std::string fields = fmt::format("time=1&timestamp={}&", media_ms);
      ASSERT_EQ(Nginx("update_publish", stream, fields + arguments_[stream], client), 200);
    }
  }
  [[nodiscard]] bool AreTheirsUntouched() const {
    for (const auto& [stream, client] : kTheirs) {
      const MediaState state = monitor_.StateOf(stream);
      if (state.kind != MediaState::Kind::kOn) return false;
      if (state.lasting != clock_.Monotonic() - began_) return false;
      if (monitor_.StreamOfClient(client) != stream) return false;
    }
    return true;
  }

 private:
  std::map<std::string, std::string> arguments_;
  MonotonicTime began_{};
};

TEST_F(ForgedCallbacksTest, ChangeNoStreamOfOthers) {
  const std::size_t calls = Cycles(1'500);
  const std::size_t seed = Seed();
  HostileClients hostile(seed, PushArguments("mallory"));
  // The calls meet a stream of theirs that is on air, whatever the seed.
  ASSERT_EQ(Nginx("publish", "mallory", PushArguments("mallory"), "1000"), 200);
  std::map<int, std::size_t> answers;
  for (std::size_t i = 0; i < calls; ++i) {
    const bool is_form = hostile.IsForm();
    const std::string body = is_form ? hostile.Form() : hostile.Object();
    const bool has_proof = i % 10 != 0;
    const std::string path = is_form ? "/callback/rtmp/" : "/callback/srs/";
    ++answers[Send(path + (has_proof ? "secret" : "guess"), body, router_).status];
    ASSERT_TRUE(AreTheirsUntouched()) << "call " << i << ": " << body;
    clock_.Advance(hostile.Pause());
    if (i % 100 == 0) GoOn();
    // As their hour would end.
    if (i % 100'000 == 99'999) hostile = HostileClients(seed + i, PushArguments("mallory"));
  }
  EXPECT_EQ(answers[401], (calls + 9) / 10);
  EXPECT_EQ(answers[200] + answers[403] + answers[401], calls);
  EXPECT_GT(answers[403], 0U);
  EXPECT_GT((counted_.Read()[{"publish", "accepted"}]), kTheirs.size())
      << "mallory was never on air";
  EXPECT_LE(monitor_.Count().on, kTheirs.size() + 1) << "and that of mallory";
}

}  // namespace
}  // namespace rtcroom
