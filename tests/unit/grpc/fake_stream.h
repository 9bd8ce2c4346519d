// A subscriber that only records its messages.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/support/status.h>
#include <rtcroom/v1/membership_notifier.pb.h>

#include "daemon/base/mutex.h"
#include "daemon/grpc/subscriber.h"
#include "tests/unit/grpc/wire.h"

namespace rtcroom {

/// @threads safe from any thread.
class FakeStream : public Subscriber {
 public:
  using Subscriber::Subscriber;

  /// Completes the write in progress.
  void FinishWrite(bool ok = true) {
    {
      const MutexLock lock(mutex_);
      is_writing_ = false;
    }
    OnWritten(ok);
  }
  void Cancel() { OnCancelled(); }
  void Abort() override {
    const MutexLock lock(mutex_);
    ++broken_off_;
  }

  /// All messages written but the first `known`, including the one in progress.
  [[nodiscard]] std::vector<v1::WatchResponse> written(std::ptrdiff_t known = 0) const {
    const MutexLock lock(mutex_);
    return {written_.begin() + known, written_.end()};
  }
  [[nodiscard]] bool is_writing() const {
    const MutexLock lock(mutex_);
    return is_writing_;
  }
  [[nodiscard]] bool is_open() const {
    const MutexLock lock(mutex_);
    return opened_ == 1;
  }
  [[nodiscard]] bool is_closed() const {
    const MutexLock lock(mutex_);
    return closed_ == 1;
  }
  [[nodiscard]] int broken_off() const {
    const MutexLock lock(mutex_);
    return broken_off_;
  }
  [[nodiscard]] grpc::Status status() const {
    const MutexLock lock(mutex_);
    return status_;
  }
  [[nodiscard]] std::string final_cursor() const {
    const MutexLock lock(mutex_);
    return cursor_;
  }
  /// Forbidden operations performed on this stream.
  [[nodiscard]] std::vector<std::string> faults() const {
    const MutexLock lock(mutex_);
    return faults_;
  }

 protected:
  void Open() override {
    const MutexLock lock(mutex_);
    if (++opened_ > 1 || !written_.empty() || closed_ > 0) faults_.emplace_back("opened late");
  }
  void Write(const grpc::ByteBuffer& message) override {
    const MutexLock lock(mutex_);
    if (opened_ != 1 || is_writing_ || closed_ > 0) faults_.emplace_back("written to out of turn");
    is_writing_ = true;
    written_.push_back(Parsed(message));
  }
  void Close(const grpc::Status& status, const std::string& cursor) override {
    const MutexLock lock(mutex_);
    if (++closed_ > 1) faults_.emplace_back("closed twice");
    status_ = status;
    cursor_ = cursor;
  }

 private:
  mutable Mutex mutex_;
  int opened_ GUARDED_BY(mutex_) = 0;
  int closed_ GUARDED_BY(mutex_) = 0;
  int broken_off_ GUARDED_BY(mutex_) = 0;
  bool is_writing_ GUARDED_BY(mutex_) = false;
  std::vector<v1::WatchResponse> written_ GUARDED_BY(mutex_);
  grpc::Status status_ GUARDED_BY(mutex_);
  std::string cursor_ GUARDED_BY(mutex_);
  std::vector<std::string> faults_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
