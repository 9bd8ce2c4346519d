// A SQLite store full of rooms, for the benchmarks.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "storage/sqlite/sqlite_store.h"
#include "tests/support/recording_listener.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {

/// Uses a separate directory below TMPDIR: set that to the disk to be measured.
class BenchStore {
 public:
  /// Creates a store of `rooms` multi rooms with two pushers in each. Changes acknowledged from
  /// then on are on disk.
  /// @param listener  is told of commits; null: nobody is.
  explicit BenchStore(std::uint64_t rooms, CommitListener* listener = nullptr);

  [[nodiscard]] SqliteStore& store() { return *store_; }
  /// Of the database file.
  [[nodiscard]] std::string path() const { return (directory_.path() / "rooms.db").string(); }
  [[nodiscard]] std::uint64_t rooms() const { return rooms_; }
  [[nodiscard]] static RoomKey KeyOf(std::uint64_t number);

  /// Closes the store and opens it again.
  /// @return the time taken to open it.
  std::chrono::duration<double> Reopen();

 private:
  void Open(Durability durability);
  void Fill();

  const std::uint64_t rooms_;
  TempDirectory directory_;
  DeafListener deaf_;
  CommitListener& listener_;
  std::unique_ptr<SqliteStore> store_;
};

}  // namespace rtcroom
