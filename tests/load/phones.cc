// Holds thousands of TLS connections with a heartbeat each, and reports the server's statistics.
// Exits with 0 when every connection was held and no request failed.
#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "tests/load/fleet_report.h"
#include "tests/load/phone_fleet.h"
#include "tests/support/process_stats.h"

namespace rtcroom {
namespace {

struct Arguments {
  FleetOptions fleet = {
      .phones = 10'000,
      // Several runs against the same server process must not find each other's rooms.
      .name = fmt::format("load{}", ::getpid()),
  };
  bool insecure = false;
  double interval_seconds = 7;
  double seconds = 60;
  pid_t server = 0;
  std::filesystem::path json = {};
};

void Declare(CLI::App& app, Arguments& arguments) {
  app.add_option("--address", arguments.fleet.address, "Where HTTPS listens: numeric host:port")
      ->required();
  auto* trusted = app.add_option("--ca", arguments.fleet.trusted, "PEM file of what is trusted");
  app.add_flag("--insecure", arguments.insecure, "Accept any certificate")->excludes(trusted);
  app.add_option("--connections", arguments.fleet.phones, "How many")->capture_default_str();
  app.add_option("--seconds", arguments.seconds, "How long to measure, once all have joined")
      ->capture_default_str();
  app.add_option("--interval", arguments.interval_seconds, "Seconds between a phone's heartbeats")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--ramp", arguments.fleet.joins_per_second, "At most so many connect each second")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--threads", arguments.fleet.threads, "Of this program")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--server-pid", arguments.server, "Also report this process's memory and CPU");
  app.add_option("--json", arguments.json, "Write the figures to this file as well");
}

std::chrono::milliseconds FromSeconds(double seconds) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::duration<double>(seconds));
}

FleetReport Measure(const Arguments& arguments) {
  FleetReport report{.connections = arguments.fleet.phones,
                     .measured = FromSeconds(arguments.seconds),
                     .has_server = arguments.server != 0};
  if (report.has_server) report.server.before = MemoryOf(arguments.server);
  PhoneFleet fleet(arguments.fleet);
  fleet.Gather();
  const auto cpu_before = report.has_server ? CpuTimeOf(arguments.server) : FromSeconds(0);
  fleet.BeatFor(report.measured);
  if (report.has_server) {
    report.server.cpu = CpuTimeOf(arguments.server) - cpu_before;
    report.server.at_full = MemoryOf(arguments.server);
  }
  report.phones = fleet.Stats();
  return report;
}

int Run(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Holds TLS connections with a heartbeat each, and says how the server bore it.");
  Declare(app, arguments);
  CLI11_PARSE(app, argc, argv);
  if (arguments.fleet.trusted.empty() && !arguments.insecure) {
    return app.exit(CLI::RequiredError("--ca or --insecure"));
  }
  arguments.fleet.interval = FromSeconds(arguments.interval_seconds);

  RaiseLimitOfDescriptors();
  const FleetReport report = Measure(arguments);
  std::cout << report.Text();
  if (!arguments.json.empty()) std::ofstream(arguments.json) << report.Json() << "\n";
  const bool all_well =
      report.phones.AllFailures() == 0 && report.phones.held == report.connections;
  return all_well ? 0 : 1;
}

}  // namespace
}  // namespace rtcroom

int main(int argc, char** argv) {
  try {
    return rtcroom::Run(argc, argv);
  } catch (const std::exception& failure) {
    std::cerr << "phones: " << failure.what() << "\n";
    return 2;
  }
}
