// Ends a long statement when it is no longer wanted.
#pragma once

#include <stop_token>

namespace rtcroom {

class Database;

/// While it lives, statements of the connection fail soon after a stop is asked for, and later
/// ones at once.
///
/// @threads made and ended on the connection's thread; the stop may be asked for on any.
class Interruption {
 public:
  /// `database` outlives it, and may not be moved meanwhile.
  Interruption(Database& database, std::stop_token stop);
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

 private:
  struct Interrupt {
    Database& database;
    void operator()() const;
  };
  static int AskWhetherToStop(void* self);

  Database& database_;
  const std::stop_token stop_;
  const std::stop_callback<Interrupt> on_stop_;
};

}  // namespace rtcroom
