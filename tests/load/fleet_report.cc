#include "tests/load/fleet_report.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace rtcroom {
namespace {

constexpr double kBytesPerKilobyte = 1024;
constexpr double kPercent = 100;

double Milliseconds(std::chrono::microseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

/// Memory growth per connection.
double PerConnection(const FleetReport& report, std::size_t MemoryUsage::* kind) {
  const auto grown = static_cast<double>(report.server.at_full.*kind) -
                     static_cast<double>(report.server.before.*kind);
  return grown / static_cast<double>(std::max<std::size_t>(report.phones.held, 1));
}

double CpuPercent(const FleetReport& report) {
  const auto measured = static_cast<double>(std::max<std::int64_t>(report.measured.count(), 1));
  return static_cast<double>(report.server.cpu.count()) / measured * kPercent;
}

}  // namespace

std::string FleetReport::Text() const {
  std::string text = fmt::format("connections     {} held of {}\n", phones.held, connections);
  text += fmt::format("failures        {}", phones.AllFailures());
  for (std::size_t kind = 0; kind < kPhoneFailureNames.size(); ++kind) {
    text += fmt::format("{}{} {}", kind == 0 ? " (" : ", ", kPhoneFailureNames.at(kind),
                        phones.failures.at(kind));
  }
  text += fmt::format(")\nheartbeats      {} in {:.1f} s\n", phones.heartbeats.Summary(),
                      std::chrono::duration<double>(measured).count());
  if (!has_server) return text;
  text += fmt::format("server memory   RSS {:.1f} KiB, PSS {:.1f} KiB, private {:.1f} KiB each\n",
                      PerConnection(*this, &MemoryUsage::resident_bytes) / kBytesPerKilobyte,
                      PerConnection(*this, &MemoryUsage::proportional_bytes) / kBytesPerKilobyte,
                      PerConnection(*this, &MemoryUsage::private_bytes) / kBytesPerKilobyte);
  text += fmt::format("server CPU      {:.1f} % of a core\n", CpuPercent(*this));
  return text;
}

std::string FleetReport::Json() const {
  nlohmann::ordered_json json = {{"connections", connections}, {"held", phones.held}};
  for (std::size_t kind = 0; kind < kPhoneFailureNames.size(); ++kind) {
    json["failures"][std::string(kPhoneFailureNames.at(kind))] = phones.failures.at(kind);
  }
  json["measured_s"] = std::chrono::duration<double>(measured).count();
  json["heartbeats"] = phones.heartbeats.count();
  for (const auto& [name, percent] :
       {std::pair{"p50_ms", 50.0}, {"p99_ms", 99.0}, {"p99_9_ms", 99.9}, {"max_ms", 100.0}}) {
    json[name] = Milliseconds(phones.heartbeats.Percentile(percent));
  }
  if (has_server) {
    json["rss_bytes"] = PerConnection(*this, &MemoryUsage::resident_bytes);
    json["pss_bytes"] = PerConnection(*this, &MemoryUsage::proportional_bytes);
    json["private_bytes"] = PerConnection(*this, &MemoryUsage::private_bytes);
    json["cpu_percent"] = CpuPercent(*this);
  }
  return json.dump();
}

}  // namespace rtcroom
