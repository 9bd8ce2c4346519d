#include "daemon/process/store_factory.h"

#include <cstdint>
#include <string_view>
#include <utility>

#include "storage/memory/memory_store.h"
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
  if (file->empty()) {
    return OpenedStore{
        .storage = std::make_unique<MemoryStore>(options.limits, options.new_epoch, deps.listener)};
  }
  Result<std::unique_ptr<SqliteStore>> store = SqliteStore::Open({.path = file->string(),
                                                                  .new_epoch = options.new_epoch,
                                                                  .limits = options.limits,
                                                                  .observer = options.observer},
                                                                 deps.listener);
  if (!store) return store.error();
  SqliteStore* const file_store = store->get();
  return OpenedStore{.storage = *std::move(store), .file_store = file_store};
}

}  // namespace rtcroom
