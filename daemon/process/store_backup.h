// Makes copies of the store in the data directory.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/base/random_source.h"
#include "daemon/base/result.h"
#include "storage/sqlite/sqlite_store.h"

namespace rtcroom {

/// Whether a file in a data directory has a name that `StoreBackup` generates: a client that
/// receives a name opens no other file.
bool IsBackupName(std::string_view name);

/// Makes copies for another process to take: the data directory is the only place where a sandboxed
/// server may write.
///
/// @threads `Make` for one thread at a time.
class StoreBackup {
 public:
  /// @param directory  the data directory.
  /// @param store  the database file; empty when the store is not a file.
  StoreBackup(std::filesystem::path directory, std::filesystem::path store, RandomSource& random)
      : directory_(std::move(directory)), store_(std::move(store)), random_(random) {}

  /// Removes earlier leftovers and copies the store, as `SqliteStore::CopyTo` does. The previous
  /// copy stays, since its reader may not have opened it yet; it is removed only when there is no
  /// space for both.
  /// @param running  the store, open in this process; null: no server has its file open.
  /// @return the name of the copy in the data directory.
  /// @errors kUnavailable: there is no file to copy, no space for it, or a stop was requested;
  ///         kStoreBroken; kStoreBusy. Nothing new is left behind then.
  Result<std::string> Make(SqliteStore* running = nullptr, const std::stop_token& stop = {});

  /// Removes copies that were not taken. One that is being read stays for its reader.
  void RemoveLeftovers();

 private:
  /// @param kept  a name in the directory; empty: none.
  void RemoveAllBut(std::string_view kept) const;
  [[nodiscard]] Status CheckSpace(SqliteStore* running) const;

  const std::filesystem::path directory_;
  const std::filesystem::path store_;
  RandomSource& random_;
  std::string last_;  ///< the name that `Make` returned last
};

}  // namespace rtcroom
