#include "tests/bench/channel_bench_server.h"

#include <fmt/format.h>
#include <unistd.h>

#include "tests/support/gen2_client.h"
#include "tests/support/process_stats.h"

namespace rtcroom {

Settings ChannelBenchSettings() {
  // The harness reads the addresses of the listeners from the log: they have the level info.
  return WithLogins({{"channel.enabled", true},
                     {"channel.account_rate", "1000/s"},
                     {"channel.group_rate", "1000/s"},
                     {"auth.trust_imuserid", true},
                     {"log.level", "info"},
                     {"server.max_connections_per_address", 1'000'000},
                     {"room.max_pushers_multi", 64}});
}

CpuMeter::CpuMeter(pid_t server)
    : server_(server),
      begun_(std::chrono::steady_clock::now()),
      server_before_(CpuTimeOf(server)),
      clients_before_(CpuTimeOf(::getpid())) {}

double CpuMeter::MicrosecondsFor(std::size_t deliveries) const {
  const std::chrono::duration<double, std::micro> used = CpuTimeOf(server_) - server_before_;
  return used.count() / static_cast<double>(deliveries);
}

std::string CpuMeter::Shares() const {
  const auto length = std::chrono::steady_clock::now() - begun_;
  const auto percent = [length](std::chrono::milliseconds used) {
    return 100 * std::chrono::duration<double>(used) / length;
  };
  return fmt::format("server {:.1f} % of a core, clients {:.1f} %",
                     percent(CpuTimeOf(server_) - server_before_),
                     percent(CpuTimeOf(::getpid()) - clients_before_));
}

}  // namespace rtcroom
