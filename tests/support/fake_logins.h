// Login tickets and code exchanges with answers controlled by a test.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/auth/code_exchange.h"
#include "daemon/auth/login_signer.h"
#include "daemon/base/mutex.h"

namespace rtcroom {

/// Tickets that contain their user.
class FakeLoginSigner : public LoginSigner {
 public:
  bool configured = true;

  [[nodiscard]] Status CanSign() const override {
    return configured ? Status() : Error{Errc::kUnavailable, "no key"};
  }
  Result<std::string> SignUserSig(const UserId& user_id, TimePoint /*now*/) const override {
    if (!configured) return Error{Errc::kUnavailable, "no key"};
    return "sig-of-" + user_id.value;
  }
  [[nodiscard]] Result<std::string> SignAnonymousUserSig(const UserId& user_id,
                                                         TimePoint /*now*/) const override {
    return "anonymous-sig-of-" + user_id.value;
  }
};

/// Answers at once or, if `hangs`, on request.
///
/// @threads safe from any thread, except for its public members: set them before the first call.
class FakeCodeExchange : public CodeExchange {
 public:
  CodeExchangeResult answer{.outcome = CodeExchangeOutcome::kUnavailable};
  bool hangs = false;  ///< answers only in `AnswerAll`

  void Exchange(const std::string& code, std::function<void(CodeExchangeResult)> done) override {
    {
      const MutexLock lock(mutex_);
      asked_.push_back(code);
      if (hangs) {
        waiting_.push_back(std::move(done));
        return;
      }
    }
    done(answer);
  }

  /// Answers all waiting calls on the calling thread.
  void AnswerAll() {
    std::vector<std::function<void(CodeExchangeResult)>> waiting;
    {
      const MutexLock lock(mutex_);
      waiting.swap(waiting_);
    }
    for (const auto& done : waiting) done(answer);
  }

  /// The codes received, in order.
  [[nodiscard]] std::vector<std::string> asked() const {
    const MutexLock lock(mutex_);
    return asked_;
  }
  [[nodiscard]] std::size_t waiting() const {
    const MutexLock lock(mutex_);
    return waiting_.size();
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::string> asked_ GUARDED_BY(mutex_);
  std::vector<std::function<void(CodeExchangeResult)>> waiting_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
