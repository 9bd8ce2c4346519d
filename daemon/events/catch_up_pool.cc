#include "daemon/events/catch_up_pool.h"

#include <exception>
#include <utility>

namespace rtcroom {

PageSlot::~PageSlot() {
  if (pool_ != nullptr) pool_->GiveBack();
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
  std::deque<Asking>& queue = catch_up->OnlyAsksForTheEnd() ? for_the_end_ : for_pages_;
  queue.push_back({.client = std::move(client), .catch_up = std::move(catch_up)});
  changed_.NotifyOne();
}

void CatchUpPool::Stop() {
  std::deque<Asking> dropped;  // destroyed without the lock, since this may destroy clients
  std::deque<Asking> dropped_too;
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
    dropped.swap(for_the_end_);
    dropped_too.swap(for_pages_);
    changed_.NotifyAll();
  }
  threads_.clear();
}

void CatchUpPool::Work() {
  while (std::optional<Asking> asking = Next()) Read(*std::move(asking));
}

std::optional<CatchUpPool::Asking> CatchUpPool::Next() {
  const MutexLock lock(mutex_);
  while (!stopped_) {
    if (!for_the_end_.empty()) {
      Asking asking = std::move(for_the_end_.front());
      for_the_end_.pop_front();
      ++pages_;  // exceeds the limit for a moment
      return asking;
    }
    if (!for_pages_.empty() && pages_ < options_.max_pages) {
      Asking asking = std::move(for_pages_.front());
      for_pages_.pop_front();
      ++pages_;
      return asking;
    }
    changed_.Wait(mutex_);
  }
  return std::nullopt;
}

void CatchUpPool::Read(Asking asking) {
  CatchUpOutcome outcome{.slot = PageSlot(*this)};
  if (!asking.client->WantsPage()) return;
  try {
    outcome.page = asking.catch_up->Read(store_);
  } catch (const std::exception& exception) {  // most likely out of memory
    outcome.page = Error{Errc::kInternal, exception.what()};
  }
  outcome.catch_up = std::move(asking.catch_up);
  if (!outcome.page && outcome.page.error().code == Errc::kCursorExpired) {
    if (Result<Cursor> newest = store_.Newest()) outcome.newest = *std::move(newest);
  }
  asking.client->TakePage(std::move(outcome));
}

void CatchUpPool::GiveBack() {
  const MutexLock lock(mutex_);
  --pages_;
  changed_.NotifyOne();
}

}  // namespace rtcroom
