#include "storage/sqlite/reader_pool.h"

namespace rtcroom {

Result<std::unique_ptr<ReaderPool>> ReaderPool::Open(const std::string& path,
                                                     const std::string& vfs, std::size_t size,
                                                     const CommitCount& commits) {
  std::unique_ptr<ReaderPool> pool(new ReaderPool(commits));
  for (std::size_t opened = 0; opened < size; ++opened) {
    Result<std::unique_ptr<SqliteReader>> reader = SqliteReader::Open(path, vfs);
    if (!reader) return reader.error();
    pool->Return(*std::move(reader));
  }
  return pool;
}

ReaderPool::Lease ReaderPool::Take() { return {*this, TakeIdle()}; }

std::unique_ptr<SqliteReader> ReaderPool::TakeIdle() {
  const MutexLock lock(mutex_);
  while (idle_.empty()) returned_.Wait(mutex_);
  std::unique_ptr<SqliteReader> reader = std::move(idle_.back());
  idle_.pop_back();
  return reader;
}

void ReaderPool::ReleaseSnapshots() {
  std::vector<std::unique_ptr<SqliteReader>> idle;
  {
    const MutexLock lock(mutex_);
    idle.swap(idle_);
  }
  for (std::unique_ptr<SqliteReader>& reader : idle) {
    reader->EndSnapshot();
    Return(std::move(reader));
  }
}

void ReaderPool::Return(std::unique_ptr<SqliteReader> reader) {
  {
    // The mutex is held so that `ReleaseSnapshots` misses no snapshot.
    const MutexLock lock(mutex_);
    if (reader->MayKeepSnapshot(commits_.Now())) return PutIdleLocked(std::move(reader));
  }
  reader->EndSnapshot();
  const MutexLock lock(mutex_);
  PutIdleLocked(std::move(reader));
}

void ReaderPool::PutIdleLocked(std::unique_ptr<SqliteReader> reader) {
  idle_.push_back(std::move(reader));
  returned_.NotifyOne();
}

}  // namespace rtcroom
