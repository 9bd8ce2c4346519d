#include "daemon/grpc/catch_up_pool.h"

#include <exception>
#include <utility>

namespace rtcroom {

PageSlot::~PageSlot() {
  if (pool_ != nullptr) pool_->ReleaseSlot();
}

CatchUpPool::CatchUpPool(Store& store, CatchUpPoolOptions options)
    : store_(store), options_(options) {
  threads_.reserve(options_.threads);
  for (std::size_t i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { Work(); });
}

CatchUpPool::~CatchUpPool() { Stop(); }

void CatchUpPool::Submit(std::shared_ptr<CatchUpClient> client, std::unique_ptr<CatchUp> catch_up) {
  const MutexLock lock(mutex_);
  if (stopped_) return;
  std::deque<ReadRequest>& queue = catch_up->IsOnlySeekingEnd() ? end_requests_ : page_requests_;
  queue.push_back({.client = std::move(client), .catch_up = std::move(catch_up)});
  changed_.NotifyOne();
}

void CatchUpPool::Stop() {
  std::deque<ReadRequest> dropped;  // destroyed without the lock, since this may destroy clients
  std::deque<ReadRequest> dropped_too;
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
    dropped.swap(end_requests_);
    dropped_too.swap(page_requests_);
    changed_.NotifyAll();
  }
  threads_.clear();
}

void CatchUpPool::Work() {
  while (std::optional<ReadRequest> request = Next()) Read(*std::move(request));
}

std::optional<CatchUpPool::ReadRequest> CatchUpPool::Next() {
  const MutexLock lock(mutex_);
  while (!stopped_) {
    if (!end_requests_.empty()) {
      ReadRequest request = std::move(end_requests_.front());
      end_requests_.pop_front();
      ++pages_;  // exceeds the limit for a moment
      return request;
    }
    if (!page_requests_.empty() && pages_ < options_.max_pages) {
      ReadRequest request = std::move(page_requests_.front());
      page_requests_.pop_front();
      ++pages_;
      return request;
    }
    changed_.Wait(mutex_);
  }
  return std::nullopt;
}

void CatchUpPool::Read(ReadRequest request) {
  CatchUpOutcome outcome{.slot = PageSlot(*this)};
  if (!request.client->WantsPage()) return;
  try {
    outcome.page = request.catch_up->Read(store_);
  } catch (const std::exception& exception) {  // most likely out of memory
    outcome.page = Error{Errc::kInternal, exception.what()};
  }
  outcome.catch_up = std::move(request.catch_up);
  if (!outcome.page && outcome.page.error().code == Errc::kCursorExpired) {
    if (Result<Cursor> newest = store_.Newest()) outcome.newest = *std::move(newest);
  }
  request.client->TakePage(std::move(outcome));
}

void CatchUpPool::ReleaseSlot() {
  const MutexLock lock(mutex_);
  --pages_;
  changed_.NotifyOne();
}

}  // namespace rtcroom
