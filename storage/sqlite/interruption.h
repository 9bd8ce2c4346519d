// Cancels long statements.
#pragma once

#include <stop_token>

namespace rtcroom {

class Database;

/// During its lifetime, statements of the connection fail soon after a stop is requested, and later
/// ones at once.
///
/// @threads constructed and destroyed on the connection's thread; the stop may be requested on any.
class Interruption {
 public:
  /// `database` must outlive it, and must not be moved meanwhile.
  Interruption(Database& database, std::stop_token stop);
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

 private:
  struct Interrupt {
    Database& database;
    void operator()() const;
  };
  static int OnProgress(void* self);

  Database& database_;
  const std::stop_token stop_;
  const std::stop_callback<Interrupt> on_stop_;
};

}  // namespace rtcroom
