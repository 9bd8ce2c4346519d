#include "daemon/process/store_factory.h"

#include <string_view>
#include <utility>

#include "storage/memory/memory_store.h"
#include "storage/sqlite/sqlite_store.h"

namespace rtcroom {
namespace {

constexpr std::string_view kSqliteScheme = "sqlite:";
constexpr std::string_view kMemoryUrl = "memory:";

}  // namespace

Result<std::filesystem::path> StoreFileOf(const std::string& url,
                                          const std::filesystem::path& data_dir) {
  if (url == kMemoryUrl) return std::filesystem::path();
  if (!url.starts_with(kSqliteScheme)) return Error{Errc::kBadRequest, "store.url: unknown scheme"};
  const std::string_view path = std::string_view(url).substr(kSqliteScheme.size());
  return data_dir / path;
}

Result<std::unique_ptr<Storage>> OpenStore(const StoreFactoryOptions& options,
                                           CommitListener& listener) {
  const Result<std::filesystem::path> file = StoreFileOf(options.url, options.data_dir);
  if (!file) return file.error();
  if (file->empty()) {
    return std::unique_ptr<Storage>(
        std::make_unique<MemoryStore>(options.limits, options.new_epoch, listener));
  }
  Result<std::unique_ptr<SqliteStore>> store = SqliteStore::Open({.path = file->string(),
                                                                  .new_epoch = options.new_epoch,
                                                                  .limits = options.limits,
                                                                  .observer = options.observer},
                                                                 listener);
  if (!store) return store.error();
  return std::unique_ptr<Storage>(*std::move(store));
}

}  // namespace rtcroom
