// The message channel under load: phones with the SDK of the IM service, each with two polls held
// over TLS.
//   channel_bench [PHONES [MEMBERS [SECONDS]]]     9000, 1000, 60
// Prints the server's memory for each phone and its CPU while nothing happens for a minute; then,
// with MEMBERS phones in one room, the latency of 1, 2 and 5 texts a second, SECONDS each, and the
// CPU for each delivery. Either part is left out with 0 phones.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "tests/bench/channel_bench_server.h"
#include "tests/bench/channel_clients.h"
#include "tests/e2e/room_calls.h"
#include "tests/support/latencies.h"
#include "tests/support/process_stats.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

namespace asio = boost::asio;
using std::chrono::duration;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr int kEnteringAtOnce = 50;

/// The phones of one server, driven by this thread.
class Load {
 public:
  explicit Load(ServerProcess& server)
      : server_(server),
        endpoint_(asio::ip::make_address("127.0.0.1"),
                  static_cast<std::uint16_t>(server.PortOf("https"))) {
    tls_.set_verify_mode(asio::ssl::verify_none);
  }

  /// Brings phones into rooms of `members` each.
  void Enter(std::size_t phones, std::size_t members) {
    ApiClient api = server_.Https();
    const std::size_t rooms = (phones + members - 1) / members;
    for (std::size_t room = 0; room < rooms; ++room) {
      api.Call("multi_room", "create_room",
               CreateBody("host", RoomName(first_room_ + room).c_str()));
    }
    const std::size_t first = phones_.size();
    for (std::size_t i = 0; i < phones; ++i) {
      phones_.push_back(
          std::make_unique<BenchPhone>(context_, tls_, fmt::format("user{}", first + i)));
    }
    std::size_t next = first;
    std::size_t entered = 0;
    for (int i = 0; i < kEnteringAtOnce; ++i) {
      Spawn([&]() -> asio::awaitable<void> {
        while (next < phones_.size()) {
          const std::size_t number = next++;
          co_await phones_[number]->Enter(endpoint_,
                                          RoomName(first_room_ + (number - first) / members));
          ++entered;
          Spawn([this, number] { return phones_[number]->PollAccount(); });
          Spawn([this, number] {
            return phones_[number]->PollRoom([this](const auto& texts) { Receive(texts); });
          });
        }
      });
    }
    while (entered < phones && !failed_) context_.run_one();
    RunFor(seconds(2));  // until the polls are held
    first_room_ += rooms;
  }
  void RunFor(steady_clock::duration length) {
    const auto end = steady_clock::now() + length;
    while (steady_clock::now() < end && !failed_) context_.run_until(end);
  }
  /// Sends texts from the newest phone at that rate, and waits for their deliveries, of which
  /// `wanted` are expected.
  void Send(std::size_t per_second, std::size_t texts, std::size_t wanted) {
    latencies_.Clear();
    Spawn([this, per_second, texts]() -> asio::awaitable<void> {
      BenchConnection connection(context_, tls_);
      co_await connection.Connect(endpoint_);
      asio::steady_timer timer(context_);
      const auto begun = steady_clock::now();
      for (std::size_t i = 0; i < texts; ++i) {
        timer.expires_at(begun + i * steady_clock::duration(seconds(1)) / per_second);
        co_await timer.async_wait(asio::use_awaitable);
        const auto now = steady_clock::now().time_since_epoch();
        co_await phones_.back()->SendText(connection, std::to_string(now.count()));
      }
    });
    RunFor(seconds(static_cast<std::int64_t>(texts / per_second)));
    const auto deadline = steady_clock::now() + seconds(5);
    while (latencies_.count() < wanted && steady_clock::now() < deadline && !failed_) {
      RunFor(std::chrono::milliseconds(100));
    }
  }

  [[nodiscard]] const Latencies& latencies() const { return latencies_; }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  static std::string RoomName(std::size_t number) { return fmt::format("room{}", number); }

  template <typename Task>
  void Spawn(Task task) {
    asio::co_spawn(context_, std::move(task), [this](const std::exception_ptr& fault) {
      if (!fault || failed_) return;
      failed_ = true;
      try {
        std::rethrow_exception(fault);
      } catch (const std::exception& error) {
        std::cerr << "a phone failed: " << error.what() << '\n';
      }
    });
  }
  void Receive(const nlohmann::json& texts) {
    const auto now = steady_clock::now();
    for (const nlohmann::json& text : texts) {
      const nlohmann::json& content = text.at("MsgBody").back().at("MsgContent");
      const std::int64_t sent = std::stoll(content.at("Text").get<std::string>());
      latencies_.Add(now - steady_clock::time_point(steady_clock::duration(sent)));
    }
  }

  ServerProcess& server_;
  const asio::ip::tcp::endpoint endpoint_;
  asio::io_context context_{1};
  asio::ssl::context tls_{asio::ssl::context::tls_client};
  std::vector<std::unique_ptr<BenchPhone>> phones_;
  std::size_t first_room_ = 1;
  Latencies latencies_;
  bool failed_ = false;
};

int Run(std::size_t phones, std::size_t members, seconds length) {
  RaiseLimitOfDescriptors();
  ServerProcess server({.settings = ChannelBenchSettings()});
  const pid_t process = server.child().pid();
  if (phones > 0) {
    constexpr seconds kIdle(60);
    Load load(server);
    const std::size_t before = MemoryOf(process).private_bytes;
    const auto begun = steady_clock::now();
    load.Enter(phones, 10);
    const duration<double> took = steady_clock::now() - begun;
    const double memory = static_cast<double>(MemoryOf(process).private_bytes - before);
    std::cout << fmt::format(
                     "{} phones entered in {:.1f} s; {:.1f} KiB of the server's memory each\n",
                     phones, took.count(), memory / 1024 / static_cast<double>(phones))
              << std::flush;
    const CpuMeter cpu(process);
    load.RunFor(kIdle);
    std::cout << fmt::format("idle for {} s: {}\n", kIdle.count(), cpu.Shares()) << std::flush;
    if (load.failed()) return 1;
  }
  if (members == 0) return 0;
  Load load(server);
  load.Enter(members, members);
  for (const std::size_t rate : std::array<std::size_t, 3>{1, 2, 5}) {
    const CpuMeter cpu(process);
    const std::size_t texts = rate * static_cast<std::size_t>(length.count());
    load.Send(rate, texts, texts * members);
    const std::size_t deliveries = load.latencies().count();
    std::cout << fmt::format("{} texts/s to {}: {} ({} wanted); {:.1f} us of CPU each, {}\n", rate,
                             members, load.latencies().Summary(), texts * members,
                             cpu.MicrosecondsFor(std::max<std::size_t>(deliveries, 1)),
                             cpu.Shares())
              << std::flush;
    if (load.failed()) return 1;
  }
  return 0;
}

}  // namespace
}  // namespace rtcroom

int main(int argc, char** argv) {
  const auto number = [&](int place, std::size_t otherwise) {
    return argc > place ? std::stoul(argv[place]) : otherwise;
  };
  return rtcroom::Run(number(1, 9000), number(2, 1000),
                      std::chrono::seconds(static_cast<int>(number(3, 60))));
}
