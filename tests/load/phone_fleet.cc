#include "tests/load/phone_fleet.h"

#include <algorithm>
#include <csignal>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "tests/load/endpoint_text.h"
#include "tests/support/eventually.h"

namespace rtcroom {
namespace {

PhonePlan PlanOf(std::size_t number, const FleetOptions& options,
                 std::chrono::steady_clock::time_point start) {
  using Nanoseconds = std::chrono::nanoseconds;
  const double share = static_cast<double>(number) / static_cast<double>(options.phones);
  const auto phase = std::chrono::duration_cast<Nanoseconds>(share * options.interval);
  return {.room_id = fmt::format("{}-r{}", options.name, number / kPhonesPerRoom),
          .user_id = fmt::format("{}-u{}", options.name, number),
          .creates_room = number % kPhonesPerRoom == 0,
          .a_beat = start + phase,
          .interval = options.interval,
          .late_after = options.late_after};
}

}  // namespace

PhoneFleet::PhoneFleet(const FleetOptions& options)
    : tls_(MakeClientTlsContext(options.trusted.string())) {
  // OpenSSL writes without MSG_NOSIGNAL, and a server may close the connection that a phone writes
  // to.
  (void)std::signal(SIGPIPE, SIG_IGN);
  const auto server = EndpointOf(options.address);
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::vector<PhonePlan>> plans(options.threads);
  for (std::size_t number = 0; number < options.phones; ++number) {
    plans.at(number / kPhonesPerRoom % options.threads).push_back(PlanOf(number, options, start));
  }
  const double rate = options.joins_per_second / static_cast<double>(options.threads);
  for (std::vector<PhonePlan>& of_one_thread : plans) {
    groups_.push_back(
        std::make_unique<PhoneGroup>(tls_.get(), server, std::move(of_one_thread), rate));
  }
}

void PhoneFleet::Gather(std::chrono::seconds timeout) {
  for (const auto& group : groups_) group->Start();
  const bool all = Eventually(
      [this] {
        return std::ranges::all_of(groups_, [](const auto& group) { return group->AllSettled(); });
      },
      timeout);
  if (all) return;
  for (const auto& group : groups_) group->GiveUpOnTheRest();
}

void PhoneFleet::BeatFor(std::chrono::milliseconds time) {
  for (const auto& group : groups_) group->BeginMeasuring();
  std::this_thread::sleep_for(time);  // no reply is awaited: this is the measured time
}

PhoneStats PhoneFleet::Stats() const {
  PhoneStats all;
  for (const auto& group : groups_) {
    const PhoneStats stats = group->Stats();
    all.joined += stats.joined;
    all.held += stats.held;
    for (std::size_t kind = 0; kind < all.failures.size(); ++kind) {
      all.failures.at(kind) += stats.failures.at(kind);
    }
    all.heartbeats.Add(stats.heartbeats);
  }
  return all;
}

}  // namespace rtcroom
