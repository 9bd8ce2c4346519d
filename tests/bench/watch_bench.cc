// The number of subscribers and the rate of events that Watch supports: the server in one process,
// pinned to one core, and the subscribers in another on the other core.
//   watch_bench [SUBSCRIBERS [CHANNELS [SECONDS]]]     1000, 8 and 10 for each rate unless given
// Prints the latency of a single subscriber, the server's memory for each subscriber, and for
// rising rates of change the deliveries, their delay and their cost, until the server cannot keep
// up.
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/watch_bench_server.h"
#include "tests/bench/watch_clients.h"
#include "tests/support/process_stats.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

void PinTo(int core) {
  if (std::thread::hardware_concurrency() < 2) return;
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  ::pthread_setaffinity_np(::pthread_self(), sizeof(cores), &cores);
}

struct Report {
  std::uint64_t changes = 0;
  std::uint64_t subscribers = 0;
  std::uint64_t slow_ended = 0;
};

/// This program again, as the server.
class ServerProcess {
 public:
  ServerProcess() {
    int orders[2];
    int answers[2];
    if (::pipe(orders) != 0 || ::pipe(answers) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::dup2(orders[0], STDIN_FILENO);
      ::dup2(answers[1], STDOUT_FILENO);
      for (const int descriptor : {orders[0], orders[1], answers[0], answers[1]}) {
        ::close(descriptor);
      }
      ::execl("/proc/self/exe", "watch_bench", "serve", nullptr);
      std::abort();
    }
    ::close(orders[0]);
    ::close(answers[1]);
    orders_ = ::fdopen(orders[1], "w");
    answers_ = ::fdopen(answers[0], "r");
    address_ = "127.0.0.1:" + Answer();
  }
  ~ServerProcess() {
    std::fclose(orders_);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    std::fclose(answers_);
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const std::string& address() const { return address_; }

  void SetRate(std::uint64_t changes_per_second) {
    Order(fmt::format("rate {}", changes_per_second));
  }
  Report Ask() {
    Order("report");
    std::istringstream numbers(Answer());
    Report report;
    numbers >> report.changes >> report.subscribers >> report.slow_ended;
    return report;
  }

 private:
  void Order(const std::string& line) {
    std::fputs((line + "\n").c_str(), orders_);
    std::fflush(orders_);
  }
  std::string Answer() {
    char line[128] = {};
    if (std::fgets(line, sizeof(line), answers_) == nullptr) throw std::runtime_error("no answer");
    std::string text = line;
    return text.substr(0, text.find('\n'));
  }

  pid_t pid_ = -1;
  std::FILE* orders_ = nullptr;
  std::FILE* answers_ = nullptr;
  std::string address_;
};

void AwaitSubscribers(ServerProcess& server, std::uint64_t count) {
  while (server.Ask().subscribers != count) std::this_thread::sleep_for(milliseconds(20));
}

void MeasureLoneSubscriber(ServerProcess& server) {
  WatchClients lone(server.address(), 1, 1);
  AwaitSubscribers(server, 1);
  server.SetRate(5);
  std::this_thread::sleep_for(seconds(20));
  server.SetRate(0);
  std::this_thread::sleep_for(milliseconds(100));
  fmt::print("one subscriber, 5 changes/s: {}\n", lone.TakeLatencies().Summary());
}

/// @return whether the server could keep up.
bool MeasureRate(ServerProcess& server, WatchClients& clients, std::size_t subscribers,
                 std::uint64_t rate, seconds length) {
  server.SetRate(rate);
  std::this_thread::sleep_for(seconds(1));
  clients.TakeLatencies();
  const auto began = std::chrono::steady_clock::now();
  const auto cpu_before = CpuTimeOf(server.pid());
  const auto own_cpu_before = CpuTimeOf(::getpid());
  const std::uint64_t received_before = clients.received();
  std::this_thread::sleep_for(length);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  const std::chrono::duration<double> cpu = CpuTimeOf(server.pid()) - cpu_before;
  const std::chrono::duration<double> own_cpu = CpuTimeOf(::getpid()) - own_cpu_before;
  const auto received = static_cast<double>(clients.received() - received_before);
  const Latencies latencies = clients.TakeLatencies();
  server.SetRate(0);
  std::this_thread::sleep_for(seconds(1));
  clients.TakeLatencies();

  const double wanted = static_cast<double>(rate * subscribers) * took.count();
  fmt::print(
      "{:>4} changes/s: {:>6.0f} deliveries/s ({:.0f} %), CPU of the server {:.0f} %, {:.1f} us "
      "each, "
      "of the subscribers {:.0f} %; {}\n",
      rate, received / took.count(), 100 * received / wanted, 100 * cpu.count() / took.count(),
      1e6 * cpu.count() / received, 100 * own_cpu.count() / took.count(), latencies.Summary());
  std::cout << std::flush;
  constexpr double kEnough = 0.98;
  constexpr milliseconds kSlowest(50);
  return received >= kEnough * wanted && latencies.Percentile(99) <= kSlowest &&
         clients.ended() == 0;
}

void Measure(std::size_t subscribers, std::size_t channels, seconds length) {
  ServerProcess server;
  MeasureLoneSubscriber(server);
  AwaitSubscribers(server, 0);

  const std::size_t memory_before = MemoryOf(server.pid()).private_bytes;
  WatchClients clients(server.address(), subscribers, channels);
  AwaitSubscribers(server, subscribers);
  std::this_thread::sleep_for(seconds(1));
  const std::size_t memory = MemoryOf(server.pid()).private_bytes - memory_before;
  fmt::print("{} subscribers on {} channels: {:.1f} KB of server memory each\n", subscribers,
             channels, static_cast<double>(memory) / 1024 / static_cast<double>(subscribers));

  // A subscriber that never reads is present all the time.
  const auto stuck_stub = NewWatchStub(server.address(), 1024);
  grpc::ClientContext context;
  const auto stuck = stuck_stub->Watch(&context, {});
  AwaitSubscribers(server, subscribers + 1);

  constexpr std::uint64_t kFirstRate = 50;
  for (std::uint64_t rate = kFirstRate;; rate += rate / 4) {
    if (!MeasureRate(server, clients, subscribers, rate, length)) break;
  }
  fmt::print("{} subscribers were ended for being slow, {} of them here\n", server.Ask().slow_ended,
             clients.ended());
  fmt::print("server memory at the end: {:.1f} MB resident\n",
             static_cast<double>(MemoryOf(server.pid()).resident_bytes) / 1024 / 1024);
  context.TryCancel();
}

}  // namespace
}  // namespace rtcroom

// NOLINTNEXTLINE(bugprone-exception-escape): a benchmark that cannot run should terminate at once
int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "serve") {
    rtcroom::PinTo(0);
    return rtcroom::RunWatchBenchServer();
  }
  const auto number = [&](int index, std::size_t otherwise) {
    return argc > index ? std::stoul(argv[index]) : otherwise;
  };
  rtcroom::PinTo(1);
  rtcroom::Measure(number(1, 1000), number(2, 8), std::chrono::seconds(number(3, 10)));
  return 0;
}
