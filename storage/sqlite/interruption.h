// Cancels long statements.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>

namespace rtcroom {

class Database;

/// During its lifetime, statements of the connection fail soon after a stop is requested, and later
/// ones at once. So do reads that have kept the write-ahead log from being moved for so long that a
/// server would soon have to refuse changes.
///
/// @threads constructed and destroyed on the connection's thread; the stop may be requested on any.
class Interruption {
 public:
  /// `database` must outlive it, and must not be moved meanwhile.
  Interruption(Database& database, std::stop_token stop);
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  /// Whether a statement failed because the log has become too long meanwhile.
  [[nodiscard]] bool gave_way() const { return gave_way_; }

 private:
  struct Interrupt {
    Database& database;
    void operator()() const;
  };
  static int OnProgress(void* self);
  [[nodiscard]] std::uintmax_t LogBytes() const;

  Database& database_;
  const std::stop_token stop_;
  const std::stop_callback<Interrupt> on_stop_;
  const std::filesystem::path log_;
  const std::uintmax_t most_log_bytes_;
  bool gave_way_ = false;
};

}  // namespace rtcroom
