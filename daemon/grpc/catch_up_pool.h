// Threads that read from the store for subscribers behind the newest events.
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
#include "daemon/grpc/catch_up.h"

namespace rtcroom {

class CatchUpPool;

/// The right to keep a page in memory; released on destruction.
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

/// Result of reading a page.
struct CatchUpOutcome {
  std::unique_ptr<CatchUp> catch_up{};  ///< as passed in, for the next page
  Result<CatchUpPage> page = CatchUpPage{};
  PageSlot slot{};  ///< the page counts while it lives
  /// The end of the history, for kCursorExpired; nullopt when that could not be read either.
  std::optional<Cursor> newest{};
};

/// Receiver of a page.
class CatchUpClient {
 public:
  virtual ~CatchUpClient() = default;
  /// Whether the page is still wanted.
  [[nodiscard]] virtual bool WantsPage() const = 0;
  /// Called on a thread of the pool; must not block.
  virtual void TakePage(CatchUpOutcome outcome) = 0;
};

struct CatchUpPoolOptions {
  std::size_t threads = 2;
  std::size_t max_pages = 256;  ///< in memory at a time, over all clients
};

/// Reads one page per request, in the order of the requests: a client that needs many pages
/// requests each anew, and waits its turn. While the maximum number of pages waits to be sent, only
/// requests for the end of the history are served.
///
/// @threads safe from any thread, except that `Stop` and the destructor are for one thread that is
///          not of the pool.
class CatchUpPool {
 public:
  CatchUpPool(Store& store, CatchUpPoolOptions options);
  ~CatchUpPool();  ///< calls `Stop`
  CatchUpPool(const CatchUpPool&) = delete;
  CatchUpPool& operator=(const CatchUpPool&) = delete;

  /// The outcome goes to `client` unless it is not wanted any more, or the pool is stopped.
  void Submit(std::shared_ptr<CatchUpClient> client, std::unique_ptr<CatchUp> catch_up);

  /// Finishes reads in progress and drops all others.
  void Stop();

 private:
  friend class PageSlot;

  struct ReadRequest {
    std::shared_ptr<CatchUpClient> client{};  // shared with the stream's other users
    std::unique_ptr<CatchUp> catch_up{};
  };

  void Work();
  void Read(ReadRequest request);
  /// Waits for a request that may be served, and takes a slot for it.
  /// @return nullopt when the pool is stopped.
  std::optional<ReadRequest> Next();
  void ReleaseSlot();

  Store& store_;
  const CatchUpPoolOptions options_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<ReadRequest> end_requests_ GUARDED_BY(mutex_);
  std::deque<ReadRequest> page_requests_ GUARDED_BY(mutex_);
  std::size_t pages_ GUARDED_BY(mutex_) = 0;
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;
};

}  // namespace rtcroom
