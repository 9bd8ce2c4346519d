// Opens the store that `store.url` names.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "daemon/base/result.h"
#include "daemon/core/store_observer.h"
#include "storage/storage.h"

namespace rtcroom {

struct StoreFactoryOptions {
  std::string url;                 ///< `sqlite:PATH` or `memory:`
  std::filesystem::path data_dir;  ///< a relative PATH is below it
  StoreLimits limits{};
  std::string new_epoch;  ///< of a store that is made now
  /// Hears of commits and errors, where the store tells of them; may be null.
  StoreObserver* observer = nullptr;
};

/// The file of the store that `url` names; empty for one in memory.
/// @errors kBadRequest for a URL that names no store.
Result<std::filesystem::path> StoreFileOf(const std::string& url,
                                          const std::filesystem::path& data_dir);

/// @param listener  hears of commits; must outlive the store.
/// @errors kBadRequest for a URL that names no store; otherwise as the store's own opening, with
///         one sentence that names the file.
Result<std::unique_ptr<Storage>> OpenStore(const StoreFactoryOptions& options,
                                           CommitListener& listener);

}  // namespace rtcroom
