// Threads that read from the store for subscribers that catch up.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/core/cursor.h"
#include "daemon/core/store.h"
#include "daemon/events/catch_up.h"

namespace rtcroom {

class CatchUpPool;

/// A right to keep a page in memory; given back at its end.
class PageSlot {
 public:
  PageSlot() = default;
  explicit PageSlot(CatchUpPool& pool) : pool_(&pool) {}
  PageSlot(PageSlot&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)) {}
  PageSlot& operator=(PageSlot&& other) noexcept {
    std::swap(pool_, other.pool_);
    return *this;
  }
  ~PageSlot();

 private:
  CatchUpPool* pool_ = nullptr;
};

/// What a reading has come to.
struct CatchUpOutcome {
  std::unique_ptr<CatchUp> catch_up{};  ///< as it was handed in, to go on with
  Result<CatchUpPage> page = CatchUpPage{};
  PageSlot slot{};  ///< as long as it lives, the page counts
  /// The end of the history, for kCursorExpired; nothing when that could not be read either.
  std::optional<Cursor> newest{};
};

/// For whom a page is read.
class CatchUpClient {
 public:
  virtual ~CatchUpClient() = default;
  /// Whether the page is still wanted.
  [[nodiscard]] virtual bool WantsPage() const = 0;
  /// Called on one of the pool's threads; must not block.
  virtual void TakePage(CatchUpOutcome outcome) = 0;
};

struct CatchUpPoolOptions {
  std::size_t threads = 2;
  std::size_t max_pages = 256;  ///< in memory at a time, over all clients
};

/// Reads one page for each that asks, in the order of asking: whoever wants many pages asks anew
/// for each, and so waits for its turn. While as many pages as may be are yet to be sent, nobody
/// gets another, except who only wants to know where the history ends.
///
/// @threads safe from any thread, except that `Stop` and the destructor are for one, and for none
/// of
///          the pool's own.
class CatchUpPool {
 public:
  CatchUpPool(Store& store, CatchUpPoolOptions options);
  ~CatchUpPool();  ///< as `Stop`
  CatchUpPool(const CatchUpPool&) = delete;
  CatchUpPool& operator=(const CatchUpPool&) = delete;

  /// The outcome goes to `client` unless it is not wanted any more by then, or the pool is stopped.
  void Submit(std::shared_ptr<CatchUpClient> client, std::unique_ptr<CatchUp> catch_up);

  /// What is being read is finished; nothing else is.
  void Stop();

 private:
  friend class PageSlot;

  struct Asking {
    std::shared_ptr<CatchUpClient> client{};  // shared with whoever serves it
    std::unique_ptr<CatchUp> catch_up{};
  };

  void Work();
  void Read(Asking asking);
  /// Waits for somebody who may have a page, and takes a slot for it.
  /// @return nothing when the pool is stopped.
  std::optional<Asking> Next();
  void GiveBack();

  Store& store_;
  const CatchUpPoolOptions options_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<Asking> for_the_end_ GUARDED_BY(mutex_);
  std::deque<Asking> for_pages_ GUARDED_BY(mutex_);
  std::size_t pages_ GUARDED_BY(mutex_) = 0;
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;
};

}  // namespace rtcroom
