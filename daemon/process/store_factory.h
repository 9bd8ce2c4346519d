// Opens the store that `store.url` names.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/base/random_source.h"
#include "daemon/base/result.h"
#include "daemon/config/store_url.h"
#include "daemon/core/cluster.h"
#include "daemon/core/commit_listener.h"
#include "daemon/core/node_lease.h"
#include "daemon/core/store_observer.h"
#include "daemon/core/store_replication.h"
#include "storage/sqlite/sqlite_store.h"
#include "storage/storage.h"

namespace rtcroom {

class PgReportedHost;

struct StoreFactoryOptions {
  StoreUrl url;
  std::filesystem::path data_dir;  ///< a relative PATH is below it
  StoreLimits limits{};
  std::string new_epoch;  ///< epoch for a newly created store
  /// Observes commits and errors, if the store reports them; may be null.
  StoreObserver* observer = nullptr;
  std::string node_name = {};  ///< name for the operators of a shared store
  /// `PgOptions` describes these; a store of one program never calls them.
  std::function<void()> on_history_lost = {};
  std::function<bool()> is_stopping = {};  ///< `PgOptions::is_stopping`
  PgReportedHost* known_host = nullptr;    ///< `PgOptions::known_host`
};

/// The objects that the store uses; all of them must outlive it.
struct StoreFactoryDeps {
  CommitListener& listener;
  NodeLease& lease;  ///< lease of this node on a shared store, which renews it
  RandomSource& random;
  const Clock& clock;
};

/// The directory of the store that `memory:` names, removed at the stop. After a kill the next
/// start removes it.
class VolatileDirectory {
 public:
  /// @param data_dir  a directory that this process has locked.
  explicit VolatileDirectory(const std::filesystem::path& data_dir);
  ~VolatileDirectory();
  VolatileDirectory(const VolatileDirectory&) = delete;
  VolatileDirectory& operator=(const VolatileDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  const std::filesystem::path path_;
};

struct OpenedStore {
  std::unique_ptr<VolatileDirectory> directory{};  ///< of `storage`, if it is lost at each stop
  std::unique_ptr<Storage> storage{};
  SqliteStore* file_store = nullptr;   ///< `storage`, if it outlasts the process in a file
  std::unique_ptr<Cluster> cluster{};  ///< the nodes on that store; null for a store of one program
  std::unique_ptr<ReplicationSource> replication{};  ///< of the database of these nodes, likewise
};

/// The file of the store that `url` names; empty for one that is lost at each stop, and for a
/// database.
/// @errors kBadRequest for an invalid store URL.
Result<std::filesystem::path> StoreFileOf(const StoreUrl& url,
                                          const std::filesystem::path& data_dir);

/// @errors kBadRequest for an invalid store URL; kStoreBusy when the database cannot be reached;
///         otherwise those of opening the store, with one sentence that names the file.
Result<OpenedStore> OpenStore(const StoreFactoryOptions& options, const StoreFactoryDeps& deps);

}  // namespace rtcroom
