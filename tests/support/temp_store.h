// A store of a test, removed at its end.
#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "storage/sqlite/sqlite_store.h"
#include "storage/storage.h"
#include "tests/support/recording_listener.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {

/// The embedded store in a directory of its own, without waits for the disk.
class TempStore : public Storage {
 public:
  /// @throws std::runtime_error when it cannot be opened.
  TempStore(StoreLimits limits, const std::string& epoch, CommitListener& listener) {
    std::filesystem::copy_file(EmptyFile(epoch), File());
    store_ = Open({.path = File(), .durability = Durability::kOff, .limits = limits, .readers = 1},
                  listener);
  }

  Result<StoredRemovalTime> LoadRemovalTime() override { return store_->LoadRemovalTime(); }
  Status BeginRemovals(TimePoint time) override { return store_->BeginRemovals(time); }
  Status Ping() override { return store_->Ping(); }
  Store& rooms() override { return store_->rooms(); }
  BanStore& bans() override { return store_->bans(); }
  SessionStore& sessions() override { return store_->sessions(); }
  RecordingStore& recordings() override { return store_->recordings(); }
  DeliveryStore& deliveries() override { return store_->deliveries(); }
  MessageStore& messages() override { return store_->messages(); }
  AccountStore& accounts() override { return store_->accounts(); }
  EndedLoginStore& ended_logins() override { return store_->ended_logins(); }

 private:
  static std::unique_ptr<SqliteStore> Open(const SqliteOptions& options, CommitListener& listener) {
    auto opened = SqliteStore::Open(options, listener);
    if (!opened) throw std::runtime_error(opened.error().detail);
    return *std::move(opened);
  }
  /// An empty store of that epoch, made once: to make its tables takes longer than most tests.
  static std::string EmptyFile(const std::string& epoch) {
    static const TempDirectory directory;
    const std::string file = (directory.path() / epoch).string();
    DeafListener listener;
    if (!std::filesystem::exists(file)) Open({.path = file, .new_epoch = epoch}, listener);
    return file;
  }
  [[nodiscard]] std::string File() const { return (directory_.path() / "rooms.db").string(); }

  TempDirectory directory_;
  std::unique_ptr<SqliteStore> store_;
};

}  // namespace rtcroom
