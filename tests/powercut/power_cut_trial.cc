#include "tests/powercut/power_cut_trial.h"

#include <atomic>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace rtcroom {
namespace {

bool OneIn(std::uint64_t count, std::mt19937_64& random) { return random() % count == 0; }

}  // namespace

PowerCutTrial::PowerCutTrial(PowerCutTrialOptions options)
    : options_(options),
      vfs_name_(fmt::format("power-cut-trial-{}", static_cast<const void*>(this))),
      random_(options.seed),
      disk_(options.disk),
      vfs_(vfs_name_, disk_) {
  for (std::size_t caller = 0; caller < options_.callers; ++caller) {
    witnesses_.emplace_back(RoomCommandPool{.rooms = options_.rooms_per_caller,
                                            .users = 4,
                                            .room_prefix = fmt::format("caller_{}_room_", caller)},
                            random_());
    message_witnesses_.emplace_back(fmt::format("caller_{}", caller));
  }
}

PowerCutTrial::~PowerCutTrial() = default;

std::optional<std::string> PowerCutTrial::RunCycle() {
  const bool soon = OneIn(4, random_);
  disk_.CutAtOperation(1 + random_() % (soon ? 20 : options_.most_operations));
  if (OneIn(4, random_)) store_.reset();  // moves the log into the database
  if (store_ == nullptr && disk_.IsPowered()) {
    const Status opened = OpenStore();
    if (!opened && disk_.IsPowered()) return "the store does not open: " + opened.error().detail;
  }
  if (store_ != nullptr) {
    if (Fault fault = UseStore()) return fault;
    if (OneIn(2, random_)) store_.reset();
  }
  disk_.Cut();
  store_.reset();
  return Reboot();
}

Status PowerCutTrial::OpenStore() {
  SqliteOptions options;
  options.path = kPath;
  options.new_epoch = fmt::format("{:016x}", ++epochs_offered_);
  options.limits.max_room_messages = MessageWitness::kMaxRoomMessages;
  options.readers = 2;
  options.durability = options_.durability;
  options.vfs = vfs_name_;
  auto opened = SqliteStore::Open(options, listener_);
  if (!opened) return opened.error();
  store_ = *std::move(opened);
  return {};
}

std::optional<std::string> PowerCutTrial::UseStore() {
  if (OneIn(4, random_)) {
    if (Fault fault = TrimEvents()) return fault;
  }
  std::atomic<bool> took_all = true;
  if (witnesses_.size() == 1) {
    took_all = RunCaller(0, random_());
  } else {
    std::vector<std::jthread> threads;  // joined at the end of this scope
    threads.reserve(witnesses_.size());
    for (std::size_t caller = 0; caller < witnesses_.size(); ++caller) {
      threads.emplace_back([this, caller, &took_all, seed = random_()] {
        if (!RunCaller(caller, seed)) took_all = false;
      });
    }
  }
  for (const Witness& witness : witnesses_) {
    if (witness.fault()) return witness.fault();
  }
  for (const MessageWitness& witness : message_witnesses_) {
    if (witness.fault()) return witness.fault();
  }
  if (!took_all && disk_.IsPowered()) return "a change failed although the power was on";
  return std::nullopt;
}

std::optional<std::string> PowerCutTrial::TrimEvents() {
  const std::uint64_t keep = random_() % 200;
  if (events_.size() <= keep) return std::nullopt;
  const std::uint64_t newest_to_go = events_[events_.size() - keep - 1].position;
  may_trim_to_ = newest_to_go;
  const auto removed = store_->rooms().TrimEvents(
      {.keep_since = {}, .max_events = keep, .most_per_call = events_.size()});
  if (removed) {
    trimmed_to_ = newest_to_go;
    if (*removed != events_.size() - keep) return fmt::format("{} events were removed", *removed);
  } else if (disk_.IsPowered()) {
    return "events cannot be removed: " + removed.error().detail;
  }
  return std::nullopt;
}

bool PowerCutTrial::RunCaller(std::size_t caller, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Witness& witness = witnesses_[caller];
  MessageWitness& messages = message_witnesses_[caller];
  for (std::uint64_t batches = random() % 40; batches > 0; --batches) {
    if (!witness.Send(store_->rooms(), 1 + random() % options_.most_commands_per_batch))
      return false;
    if (witness.fault()) return true;
    if (OneIn(2, random) && !messages.Send(store_->messages(), witness.rooms(), random))
      return false;
    if (messages.fault()) return true;
    if (OneIn(4, random)) ReadNewestEvent();
  }
  return true;
}

void PowerCutTrial::ReadNewestEvent() {
  constexpr std::size_t kMostEvents = 1000;
  const Result<EventPage> page = store_->rooms().ReadEvents(cursor_, kMostEvents);
  if (!page || page->events.empty()) return;
  const MutexLock lock(seen_mutex_);
  seen_.push_back(page->events.back());
}

std::optional<std::string> PowerCutTrial::Reboot() {
  disk_.Boot(random_);
  if (OneIn(4, random_)) {
    // Power fails again during recovery, which must be as safe to interrupt as normal operation.
    disk_.CutAtOperation(1 + random_() % 8);
    const Status opened = OpenStore();
    if (!opened && disk_.IsPowered()) return "the store does not open: " + opened.error().detail;
    disk_.Cut();
    store_.reset();
    disk_.Boot(random_);
  }
  if (const Status opened = OpenStore(); !opened) {
    return "the store does not open: " + opened.error().detail;
  }
  return Audit();
}

}  // namespace rtcroom
