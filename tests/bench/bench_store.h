// A SQLite store full of rooms, for the benchmarks.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "storage/sqlite/sqlite_store.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {

class DeafListener : public CommitListener {
 public:
  void OnCommit(std::span<const RoomChange>) noexcept override {}
};

/// Lives in a directory of its own below TMPDIR: point that at the disk to be measured.
class BenchStore {
 public:
  /// Makes a store of `rooms` multi rooms with `pushers` in each. What the store acknowledges
  /// from then on is on disk.
  BenchStore(std::uint64_t rooms, std::size_t pushers);

  [[nodiscard]] SqliteStore& store() { return *store_; }
  /// Of the database file.
  [[nodiscard]] std::string path() const { return (directory_.path() / "rooms.db").string(); }
  [[nodiscard]] std::uint64_t rooms() const { return rooms_; }
  [[nodiscard]] static RoomKey KeyOf(std::uint64_t number);

  /// Closes the store and opens it again.
  /// @return how long the opening took.
  std::chrono::duration<double> Reopen();

 private:
  void Open(Durability durability);
  void Fill(std::size_t pushers);

  const std::uint64_t rooms_;
  TempDirectory directory_;
  DeafListener listener_;
  std::unique_ptr<SqliteStore> store_;
};

}  // namespace rtcroom
