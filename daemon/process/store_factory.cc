#include "daemon/process/store_factory.h"

#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

#include "storage/postgres/pg_address.h"
#include "storage/postgres/pg_cluster.h"
#include "storage/postgres/pg_replication.h"
#include "storage/postgres/pg_store.h"

namespace rtcroom {
namespace {

constexpr std::string_view kSqliteScheme = "sqlite:";
constexpr std::string_view kMemoryUrl = "memory:";

Result<OpenedStore> OpenPostgres(const StoreFactoryOptions& options, const StoreFactoryDeps& deps) {
  const std::uint64_t node = RandomUint32(deps.random) >> 1U;
  Result<std::unique_ptr<PgStore>> store =
      PgStore::Open({.url = Secret(options.url.Reveal()),
                     .known_host = options.known_host,
                     .new_epoch = options.new_epoch,
                     .node = node,
                     .limits = options.limits,
                     .observer = options.observer,
                     .random = &deps.random,
                     .on_history_lost = options.on_history_lost,
                     .is_stopping = options.is_stopping},
                    deps.listener, deps.clock);
  if (!store) return store.error();
  const PgAddress address = (*store)->address();
  const auto applied = [store = store->get()] { return store->applied(); };
  const auto holds = [store = store->get()](PgConnection& connection, MonotonicTime deadline) {
    return store->Holds(connection, deadline);
  };
  return OpenedStore{
      .storage = *std::move(store),
      .cluster = std::make_unique<PgCluster>(
          address,
          PgCluster::Options{.node = node,
                             .name = options.node_name,
                             .pace = {.random = &deps.random, .observer = options.observer},
                             .applied = applied,
                             .holds = holds},
          deps.lease, deps.clock),
      .replication = std::make_unique<PgReplication>(address, deps.clock)};
}

}  // namespace

VolatileDirectory::VolatileDirectory(const std::filesystem::path& data_dir)
    : path_(data_dir / "lost-at-stop") {
  std::error_code problem;  // an open store names the file that cannot be made
  std::filesystem::remove_all(path_, problem);
  std::filesystem::create_directory(path_, problem);
}

VolatileDirectory::~VolatileDirectory() {
  std::error_code leftover;  // the next start removes it
  std::filesystem::remove_all(path_, leftover);
}

Result<std::filesystem::path> StoreFileOf(const StoreUrl& url,
                                          const std::filesystem::path& data_dir) {
  const std::string_view text = url.Reveal();
  if (text == kMemoryUrl || url.IsPostgres()) return std::filesystem::path();
  if (!text.starts_with(kSqliteScheme))
    return Error{Errc::kBadRequest, "store.url: unknown scheme"};
  return data_dir / text.substr(kSqliteScheme.size());
}

Result<OpenedStore> OpenStore(const StoreFactoryOptions& options, const StoreFactoryDeps& deps) {
  if (options.url.IsPostgres()) return OpenPostgres(options, deps);
  const Result<std::filesystem::path> file = StoreFileOf(options.url, options.data_dir);
  if (!file) return file.error();
  std::unique_ptr<VolatileDirectory> directory;
  if (file->empty()) directory = std::make_unique<VolatileDirectory>(options.data_dir);
  Result<std::unique_ptr<SqliteStore>> store =
      SqliteStore::Open({.path = (directory ? directory->path() / "rooms.db" : *file).string(),
                         .new_epoch = options.new_epoch,
                         .durability = directory ? Durability::kOff : Durability::kFull,
                         .limits = options.limits,
                         .observer = options.observer},
                        deps.listener);
  if (!store) return store.error();
  SqliteStore* const file_store = directory ? nullptr : store->get();
  return OpenedStore{
      .directory = std::move(directory), .storage = *std::move(store), .file_store = file_store};
}

}  // namespace rtcroom
