// A value delivered by a callback, possibly later and on another thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "daemon/base/mutex.h"
#include "tests/support/eventually.h"

namespace rtcroom {

/// @threads safe from any thread.
template <typename T>
class Awaited {
 public:
  /// The callback. May outlive this object.
  std::function<void(T)> Callback() {
    return [arrival = arrival_](T value) {
      const MutexLock lock(arrival->mutex);
      arrival->value = std::move(value);
      ++arrival->times;
      arrival->changed.NotifyAll();
    };
  }

  /// Waits for the value.
  T Get() {
    const auto deadline = std::chrono::steady_clock::now() + kWaitTimeout;
    const MutexLock lock(arrival_->mutex);
    while (!arrival_->value) {
      if (!arrival_->changed.WaitUntil(arrival_->mutex, deadline)) break;
    }
    if (!arrival_->value) throw std::runtime_error("the awaited callback was not called");
    return *arrival_->value;
  }

  /// Number of calls of the callback.
  [[nodiscard]] std::size_t times() const {
    const MutexLock lock(arrival_->mutex);
    return arrival_->times;
  }

 private:
  struct Arrival {
    Mutex mutex;
    CondVar changed;
    std::optional<T> value GUARDED_BY(mutex);
    std::size_t times GUARDED_BY(mutex) = 0;
  };
  std::shared_ptr<Arrival> arrival_ = std::make_shared<Arrival>();  // shared with the callback
};

}  // namespace rtcroom
