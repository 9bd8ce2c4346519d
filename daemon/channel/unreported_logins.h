// Logins to the message channel that are not reported to the other servers on the store yet.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "daemon/core/account_login.h"

namespace rtcroom {

/// Logins and logouts in the order in which they are to be reported. While the store is away they
/// gather: of logins those that have not ended, and of logouts the newest, as many as the other
/// servers would remember. A reported login replaces earlier ones there, also when it has ended.
///
/// @threads for one thread at a time.
class UnreportedLogins {
 public:
  /// @param of_account  most logouts of one account that are reported.
  /// @param of_all      of all accounts together.
  UnreportedLogins(std::size_t of_account, std::size_t of_all)
      : of_account_(of_account), of_all_(of_all) {}

  void Add(AccountLogin login);

  /// Takes the first ones, at most `most`.
  /// @param lasts  whether a login is still active; others are forgotten.
  std::vector<AccountLogin> Take(std::size_t most,
                                 const std::function<bool(const AccountLogin&)>& lasts);
  /// Puts logins back that could not be reported.
  void PutBack(const std::vector<AccountLogin>& logins);

  [[nodiscard]] std::size_t size() const { return logins_.size(); }

 private:
  void ForgetOldLogouts();

  /// Fewer are not worth a look.
  static constexpr std::size_t kFew = 1000;

  const std::size_t of_account_;
  const std::size_t of_all_;
  std::vector<AccountLogin> logins_;
  std::size_t next_look_ = kFew;  ///< at that size old logouts are forgotten
};

}  // namespace rtcroom
