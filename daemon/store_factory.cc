#include "daemon/store_factory.h"

#include <string_view>
#include <utility>

#include "storage/memory/memory_store.h"
#include "storage/sqlite/sqlite_store.h"

namespace rtcroom {
namespace {

constexpr std::string_view kSqliteScheme = "sqlite:";
constexpr std::string_view kMemoryUrl = "memory:";

}  // namespace

Result<std::unique_ptr<Storage>> OpenStore(const StoreFactoryOptions& options,
                                           CommitListener& listener) {
  const std::string_view url = options.url;
  if (url == kMemoryUrl) {
    return std::unique_ptr<Storage>(
        std::make_unique<MemoryStore>(options.limits, options.new_epoch, listener));
  }
  if (!url.starts_with(kSqliteScheme)) return Error{Errc::kBadRequest, "store.url: unknown scheme"};

  const std::filesystem::path file = options.data_dir / url.substr(kSqliteScheme.size());
  Result<std::unique_ptr<SqliteStore>> store = SqliteStore::Open(
      {.path = file.string(), .new_epoch = options.new_epoch, .limits = options.limits}, listener);
  if (!store) return store.error();
  return std::unique_ptr<Storage>(*std::move(store));
}

}  // namespace rtcroom
