#include "daemon/process/store_module.h"

#include <array>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <future>
#include <system_error>
#include <utility>
#include <vector>

#include <unistd.h>

#include "daemon/process/store_factory.h"

namespace rtcroom {
namespace {

/// Rooms read at a time when the state is restored: bounds memory at negligible cost.
constexpr std::size_t kRestoreBatch = 1000;

/// Empty when it is not known.
std::string HostName() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

/// Viewers that are read at a time.
constexpr std::size_t kRestoredViewers = 10'000;

}  // namespace

ViewerLeaseOptions ViewerLeaseOptionsOf(const Config& config) {
  ViewerLeaseOptions options{.timeout = config.room.audience_timeout,
                             .return_within = config.room.audience_ttl};
  const bool is_off = options.timeout.count() == 0;
  if (is_off || config.channel.enabled) return options;
  const bool has_callbacks = config.im.enabled && !config.im.callback_token.empty();
  options.timeout = has_callbacks ? std::chrono::milliseconds(0) : options.return_within;
  return options;
}

StoreModule::StoreModule(const Config& config, Runtime& runtime)
    : config_(config.store),
      limits_{.max_rooms = config.room.max_rooms,
              .max_room_messages = config.channel.max_group_log},
      runtime_(runtime),
      removal_(runtime.clock),
      dates_(runtime.clock, removal_),
      state_(config, runtime) {}

Status StoreModule::OpenDirectory() {
  Result<std::unique_ptr<DataDirectory>> directory = DataDirectory::Open(config_.data_dir);
  if (!directory) return directory.error();
  directory_ = *std::move(directory);
  Result<std::filesystem::path> file = StoreFileOf(config_.url, config_.data_dir);
  if (!file) return file.error();
  if (!file->empty()) {
    mark_.emplace(*file, runtime_.random);
    log_ = *file;
    log_ += "-wal";
  }
  backup_.emplace(directory_->path(), *std::move(file), runtime_.random);
  backup_->RemoveLeftovers();
  return {};
}

std::uint64_t StoreModule::LogBytes() const {
  std::error_code missing;
  const std::uintmax_t bytes = std::filesystem::file_size(log_, missing);
  return missing ? 0 : bytes;
}

Status StoreModule::Open(StoreObserver& observer, Opening opening) {
  Result<OpenedStore> opened = OpenStore({.url = config_.url,
                                          .data_dir = config_.data_dir,
                                          .limits = limits_,
                                          .new_epoch = NewEpoch(runtime_.random),
                                          .observer = &observer,
                                          .node_name = HostName(),
                                          .on_history_lost = std::move(opening.on_history_lost),
                                          .is_stopping = std::move(opening.is_stopping),
                                          .known_host = opening.known_host},
                                         {.listener = state_.commits,
                                          .lease = lease_,
                                          .random = runtime_.random,
                                          .clock = runtime_.clock});
  if (!opened) return opened.error();
  volatile_directory_ = std::move(opened->directory);
  storage_ = std::move(opened->storage);
  file_store_ = opened->file_store;
  cluster_ = std::move(opened->cluster);
  if (cluster_ == nullptr) return BeAlone();
  cluster_->SetConfigHash(opening.config_hash);
  if (Status taken = TakePlace(); !taken) return taken;
  WatchReplication(std::move(opened->replication));
  return {};
}

Status StoreModule::BeAlone() {
  cluster_ = std::make_unique<Alone>();
  lease_.RenewForGood();
  const Result<NodeStanding> standing = cluster_->Renew();
  if (!standing) return standing.error();
  lease_.Record(*standing);
  return {};
}

// The place is taken before anything is restored: the others wait for a node that has not reported
// its heartbeats.
Status StoreModule::TakePlace() {
  LeaseTable* const viewers = state_.viewers.lapse() ? &state_.viewers.leases() : nullptr;
  renewal_.emplace(*cluster_, lease_, state_.leases, runtime_.logger, viewers, &state_.created);
  if (Status begun = renewal_->Begin(config_.start_with_wrong_clock); !begun) {
    Close();
    return begun;
  }
  renewing_.emplace(
      NodeRenewal::kPeriod, [this](const std::stop_token&) { (void)renewal_->Renew(); },
      runtime_.logger);
  return {};
}

void StoreModule::WatchReplication(std::unique_ptr<ReplicationSource> replication) {
  replication_ = std::move(replication);
  watch_.emplace(*replication_,
                 config_.warn_async ? ReplicationWatch::Asynchronous::kWarned
                                    : ReplicationWatch::Asynchronous::kAccepted,
                 replication_state_, runtime_.clock, runtime_.logger);
  watching_.emplace(
      ReplicationWatch::kTick, [this](const std::stop_token& stop) { watch_->Watch(stop); },
      runtime_.logger);
}

void StoreModule::Close() {
  watching_.reset();
  renewing_.reset();
  if (renewal_) renewal_->Leave();
  renewal_.reset();
  file_store_ = nullptr;
  storage_.reset();
  volatile_directory_.reset();
}

Status StoreModule::CheckContact(std::chrono::seconds without) const {
  return renewal_ ? renewal_->CheckContact(without) : Status();
}

Status StoreModule::Restore() {
  if (Status status = CompareWithMark(); !status) return status;
  const Result<StoredRemovalTime> removal = storage_->LoadRemovalTime();
  if (!removal) return removal.error();
  removal_.Begin(*removal);
  if (Status status = RestoreBans(); !status) return status;
  if (Status status = RestoreRevocations(); !status) return status;
  if (Status status = RestoreEndedLogins(); !status) return status;
  if (Status status = RestoreRooms(); !status) return status;
  if (Status status = RestoreViewers(); !status) return status;
  storage_->Begin();
  // No date of what is stored counts from here on. If it cannot be written, the next start is like
  // this one.
  if (!removal->mark) (void)storage_->BeginRemovals(removal_.Now());
  return {};
}

Status StoreModule::CompareWithMark() {
  if (!mark_) return {};
  const Result<Cursor> newest = storage_->rooms().Newest();
  if (!newest) return newest.error();
  const std::uint64_t missing = CountMissingEvents(mark_->Read(), *newest);
  if (missing > 0) {
    runtime_.logger.Error("events_missing",
                          {{"at_least", missing}, {"newest_position", newest->position}});
  }
  return {};
}

Status StoreModule::RestoreBans() {
  const Result<std::vector<Ban>> bans = storage_->bans().LoadBans(removal_.Now());
  if (!bans) return bans.error();
  for (const Ban& ban : *bans) {
    if (state_.bans.Put(ban)) continue;
    runtime_.logger.Warn("too_many_bans",
                         {{"stored", bans->size()}, {"in_force", BanList::kMaxBans}});
    break;
  }
  return {};
}

Status StoreModule::RestoreRevocations() {
  const Result<std::vector<Revocation>> stored = storage_->bans().LoadRevocations(removal_.Now());
  if (!stored) return stored.error();
  for (const Revocation& revocation : *stored) state_.revocations.Put(revocation);
  return {};
}

Status StoreModule::RestoreEndedLogins() {
  const Result<std::vector<EndedLogin>> stored =
      storage_->ended_logins().LoadEndedLogins(removal_.Now());
  if (!stored) return stored.error();
  for (const EndedLogin& login : *stored) state_.ended_logins.Put(login);
  const Result<std::vector<AccountValidity>> validities =
      storage_->ended_logins().LoadAccountValidities();
  if (!validities) return validities.error();
  for (const AccountValidity& validity : *validities) state_.validities.Put(validity);
  return {};
}

// The next page is read while one is restored: with many rooms either takes about as long. If the
// system has no thread left, it is read when it is waited for.
Status StoreModule::RestoreRooms() {
  const auto read_after = [this](std::uint64_t after) {
    return std::async(
        [this, after] { return storage_->rooms().ScanMembers(after, kRestoreBatch); });
  };
  std::future<Result<RoomPage>> next = read_after(0);
  while (true) {
    const Result<RoomPage> page = next.get();
    if (!page) return page.error();
    if (page->rooms.empty()) return {};
    next = read_after(page->rooms.back().sequence);
    for (const Room& room : page->rooms) {
      state_.leases.Restore(room);
      state_.inactive.Restore(room);
      state_.created.Restore(room);
      state_.counters.Restore(room);
      state_.seated.Restore(room);
      state_.claims.Restore(room);
      state_.mixes.Restore(room);
    }
  }
}

Status StoreModule::RestoreViewers() {
  std::uint64_t room_number = 0;
  UserId user_id;
  while (true) {
    const Result<std::vector<StoredViewer>> viewers =
        storage_->rooms().ScanViewers(room_number, user_id, kRestoredViewers);
    if (!viewers) return viewers.error();
    if (viewers->empty()) return {};
    state_.viewers.leases().Restore(*viewers);
    room_number = viewers->back().room_number;
    user_id = viewers->back().user_id;
  }
}

Result<std::string> StoreModule::MakeBackup(const std::stop_token& stop) {
  return backup_->Make(file_store_, stop);
}

void StoreModule::CheckFiles() {
  if (file_store_ == nullptr) return;
  const Status same = file_store_->CheckFiles();
  if (!same && are_files_there_) {
    runtime_.logger.Error("store_files_moved", {{"reason", same.error().detail}});
  }
  are_files_there_ = same.ok();
}

void StoreModule::RecordNewest() {
  const Result<Cursor> newest = storage_->rooms().Newest();
  if (!newest) return;  // the store logs the error itself
  const Status recorded = mark_->Record(*newest);
  if (!recorded && is_mark_written_) {
    runtime_.logger.Warn("position_mark_not_written", {{"reason", recorded.error().detail}});
  }
  is_mark_written_ = recorded.ok();
}

}  // namespace rtcroom
