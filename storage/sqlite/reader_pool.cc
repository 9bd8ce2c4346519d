#include "storage/sqlite/reader_pool.h"

namespace rtcroom {

Result<std::unique_ptr<ReaderPool>> ReaderPool::Open(const std::string& path,
                                                     const std::string& vfs, std::size_t size) {
  std::unique_ptr<ReaderPool> pool(new ReaderPool());
  for (std::size_t opened = 0; opened < size; ++opened) {
    Result<std::unique_ptr<SqliteReader>> reader = SqliteReader::Open(path, vfs);
    if (!reader) return reader.error();
    pool->Return(*std::move(reader));
  }
  return pool;
}

ReaderPool::Lease ReaderPool::Take() {
  const MutexLock lock(mutex_);
  while (idle_.empty()) returned_.Wait(mutex_);
  std::unique_ptr<SqliteReader> reader = std::move(idle_.back());
  idle_.pop_back();
  return {*this, std::move(reader)};
}

void ReaderPool::Return(std::unique_ptr<SqliteReader> reader) {
  const MutexLock lock(mutex_);
  idle_.push_back(std::move(reader));
  returned_.NotifyOne();
}

}  // namespace rtcroom
