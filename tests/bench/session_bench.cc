// The cost of the token check per request. From a release build:
//   session_bench
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "daemon/auth/session_crypto.h"
#include "daemon/auth/session_service.h"
#include "daemon/base/system_clock.h"
#include "daemon/base/system_random.h"
#include "tests/support/fake_login_verifier.h"
#include "tests/support/recording_listener.h"
#include "tests/support/temp_store.h"

namespace rtcroom {
namespace {

/// As long as WeChat's openids.
std::string UserOf(std::size_t number) { return fmt::format("oUpF8uMuAJO_M2pxb1Q9z{:07}", number); }

/// A service with this many logged-in users.
struct Server {
  explicit Server(std::size_t users) {
    tokens.reserve(users);
    for (std::size_t i = 0; i < users; ++i) {
      const Result<Secret> token = sessions.LoginTrusted({UserOf(i)}, {});
      tokens.push_back(token ? token->Reveal() : "");
    }
  }

  SystemClock clock;
  SystemRandom random;
  SessionCrypto crypto{random};
  FakeLoginVerifier verifier;
  RecordingListener listener;
  TempStore store{{}, "00000000000000aa", listener};
  SessionService sessions{{.verifier = verifier,
                           .store = store.sessions(),
                           .crypto = crypto,
                           .clock = clock,
                           .dates = clock},
                          {.sdk_app_id = 1400000001,
                           .account_type = "36862",
                           .table = {.max_sessions = 1'000'000, .ttl = std::chrono::days(7)}}};
  std::vector<std::string> tokens;
};

/// Logged in once, for all benchmarks of the same size.
Server& ServerOf(std::size_t users) {
  static Server one(1);
  static Server many(200'000);
  return users == 1 ? one : many;
}

/// Each thread checks users of its own, in a cache-unfriendly order.
void Check(benchmark::State& state, std::string_view head, TokenOutcome expected) {
  Server& server = ServerOf(static_cast<std::size_t>(state.range(0)));
  std::vector<std::string> users;
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < 4096; ++i) {
    const std::size_t user =
        (i * 7919 + static_cast<std::size_t>(state.thread_index()) * 31) % server.tokens.size();
    users.push_back(UserOf(user));
    tokens.push_back(server.tokens[user]);
    if (!head.empty()) tokens.back().replace(0, head.size(), head);
  }
  std::size_t next = 0;
  for (auto _ : state) {
    const TokenOutcome outcome = server.sessions.Check(users[next], tokens[next]);
    if (outcome != expected) state.SkipWithError("the token was judged otherwise");
    next = (next + 1) % users.size();
  }
}

void Good(benchmark::State& state) { Check(state, "", TokenOutcome::kOk); }
void Wrong(benchmark::State& state) { Check(state, "ffffffffffff", TokenOutcome::kWrongToken); }

BENCHMARK(Good)->Arg(1)->Arg(200'000);
BENCHMARK(Good)->Arg(200'000)->Threads(4)->UseRealTime();
BENCHMARK(Wrong)->Arg(200'000);

}  // namespace
}  // namespace rtcroom

BENCHMARK_MAIN();
