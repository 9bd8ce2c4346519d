// Copies of the store, made in the data directory.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/base/random_source.h"
#include "daemon/base/result.h"

namespace rtcroom {

/// Whether a file in a data directory has a name that `StoreBackup` gives: whoever is told one
/// opens no other file.
bool IsBackupName(std::string_view name);

/// Makes copies for whoever takes them away: the data directory is the only place where a server
/// that is well locked in may write.
///
/// @threads `Make` for one thread at a time.
class StoreBackup {
 public:
  /// @param directory  the data directory.
  /// @param store  the database file; empty when the store is none.
  StoreBackup(std::filesystem::path directory, std::filesystem::path store, RandomSource& random)
      : directory_(std::move(directory)), store_(std::move(store)), random_(random) {}

  /// Removes what an earlier one has left and copies the store, as `CopyStore` does. The copy that
  /// was made last stays: whoever was told of it may not have opened it yet. Only where there is no
  /// space for both it goes.
  /// @return the name of the copy in the data directory.
  /// @errors kUnavailable: there is no file to copy, no space for it, or a stop was asked for;
  ///         kStoreBroken; kStoreBusy. Nothing new is left behind then.
  Result<std::string> Make(const std::stop_token& stop = {});

  /// Removes copies that nobody has taken away. One that is being read stays for its reader.
  void RemoveLeftovers();

 private:
  /// @param kept  a name in the directory; empty: none.
  void RemoveAllBut(std::string_view kept) const;
  [[nodiscard]] Status CheckSpace() const;

  const std::filesystem::path directory_;
  const std::filesystem::path store_;
  RandomSource& random_;
  std::string last_;  ///< the name that `Make` returned last
};

}  // namespace rtcroom
