// Observer of a store's operations.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/base/tally.h"

namespace rtcroom {

/// Statistics of one commit.
struct CommitStats {
  std::size_t writes = 0;  ///< writes that shared it; each room update counts as one
  bool succeeded = false;
  std::uint64_t retained_events = 0;  ///< size of the store's history after the commit
};

enum class StoreOperation : std::uint8_t { kRead, kWrite };

/// "read", "write".
constexpr std::string_view StoreOperationName(StoreOperation operation) {
  return operation == StoreOperation::kRead ? "read" : "write";
}

/// The result of an attempt to connect to the store's database.
enum class ConnectOutcome : std::uint8_t {
  kConnected,
  kUnreachable,  ///< no answer in time, no address, or none of the machines takes writes
  kNotReady,     ///< it starts, stops, or has too many connections
  kRefused,      ///< these credentials, this database or its tables: until somebody changes them
};
inline constexpr std::array kAllConnectOutcomes = {
    ConnectOutcome::kConnected, ConnectOutcome::kUnreachable, ConnectOutcome::kNotReady,
    ConnectOutcome::kRefused};

constexpr std::string_view ConnectOutcomeName(ConnectOutcome outcome) {
  switch (outcome) {
    case ConnectOutcome::kConnected:
      return "connected";
    case ConnectOutcome::kUnreachable:
      return "unreachable";
    case ConnectOutcome::kNotReady:
      return "not_ready";
    case ConnectOutcome::kRefused:
      return "refused";
  }
  return "unknown";
}

struct StoreTallies {
  Tally errors{};        ///< counts failed calls by `StoreOperationName` and `ErrcName`
  Tally connects{};      ///< counts attempts by `ConnectOutcomeName`
  Tally second_tries{};  ///< has one count, without a name
  Tally fenced{};        ///< likewise
};

/// Called on a thread that does the store's work: each method must be quick, and must not call the
/// store.
///
/// @threads safe from any thread.
class StoreObserver {
 public:
  virtual ~StoreObserver() = default;

  /// A group of writes has begun, on the writer thread, ...
  virtual void OnCommitBegun() noexcept = 0;
  /// ... and has ended. Groups do not overlap.
  virtual void OnCommitEnded(const CommitStats& stats) noexcept = 0;

  /// A call failed because of the store itself.
  /// @param error  kStoreBusy, kStoreBroken or, of a write, kOutcomeUnknown.
  virtual void OnStoreError(StoreOperation /*operation*/, Errc /*error*/) noexcept {}

  /// A change is safe: on the disk, and on the synchronous standby if there is one. Of writes that
  /// wait for that together it may be called once.
  virtual void OnWriteConfirmed() noexcept {}

  // A store that several servers share calls these; others call none of them.

  /// A group of writes has waited so long for its turn among those of all servers.
  virtual void OnTurn(std::chrono::microseconds /*waited*/) noexcept {}
  /// A group is tried again, because its rooms were changed meanwhile or the connection was lost.
  virtual void OnSecondTry() noexcept {}
  /// A group was not written, perhaps until its next try: the other servers have given this one up.
  virtual void OnFenced() noexcept {}
  /// Changes of this server or another one were read from the log.
  /// @param lag  since it was committed, at most.
  virtual void OnHeard(std::chrono::microseconds /*lag*/) noexcept {}
  virtual void OnConnect(ConnectOutcome /*outcome*/) noexcept {}
};

}  // namespace rtcroom
