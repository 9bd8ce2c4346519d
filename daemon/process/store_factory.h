// Opens the store that `store.url` names.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "daemon/base/result.h"
#include "daemon/core/commit_listener.h"
#include "daemon/core/store_observer.h"
#include "storage/storage.h"

namespace rtcroom {

struct StoreFactoryOptions {
  std::string url;                 ///< `sqlite:PATH` or `memory:`
  std::filesystem::path data_dir;  ///< a relative PATH is below it
  StoreLimits limits{};
  std::string new_epoch;  ///< for a newly created store
  /// Observes commits and errors, if the store reports them; may be null.
  StoreObserver* observer = nullptr;
};

/// The file of the store that `url` names; empty for an in-memory store.
/// @errors kBadRequest for an invalid store URL.
Result<std::filesystem::path> StoreFileOf(const std::string& url,
                                          const std::filesystem::path& data_dir);

/// @param listener  receives commits; must outlive the store.
/// @errors kBadRequest for an invalid store URL; otherwise those of opening the store, with one
///         sentence that names the file.
Result<std::unique_ptr<Storage>> OpenStore(const StoreFactoryOptions& options,
                                           CommitListener& listener);

}  // namespace rtcroom
