// A media server of one's own, asked over its control interface.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/stream_liveness.h"

namespace rtcroom {

/// Most streams of one list. A longer one is an error, or those left out would be taken for ended.
inline constexpr std::size_t kMaxListedStreams = 100'000;
/// Longest body of a list. A stream with its publisher takes about 1 KB, each player 350 bytes.
inline constexpr std::size_t kMaxStreamListBytes = std::size_t{8} * 1024 * 1024;

/// A stream that is published.
struct ListedStream {
  /// The name as the server spells it: not always as the publisher did when it has other characters
  /// than a member's stream.
  std::string name{};
  std::string client{};        ///< ID of the publisher, as in the server's callbacks
  std::uint64_t bytes_in = 0;  ///< received since the stream began
  StreamParts parts{};         ///< both until the server knows better
  bool operator==(const ListedStream&) const = default;
};

struct StreamList {
  /// Different after a restart of the server: its process ID, or the ID of its start.
  std::string life{};
  /// The time since that start, below 100 years, if reported: process IDs repeat.
  std::optional<std::chrono::seconds> uptime{};
  std::vector<ListedStream> streams{};  ///< streams in no order
  bool operator==(const StreamList&) const = default;
};

enum class DropOutcome : std::uint8_t {
  kDropped,   ///< its end is reported by a callback
  kNotThere,  ///< the server knows no such publisher, or an older process of it does
};

/// Whether `text` may be a media server's ID of a client: 1 to 64 of A-Z a-z 0-9 _ - .
bool IsStreamClientId(std::string_view text);

/// @threads implementations are safe from any thread. They block for `timeout` at most, throw
///          nothing and do not log: the detail of an error is for the log and holds no key.
class StreamServer {
 public:
  virtual ~StreamServer() = default;

  /// The streams that are published in the application.
  /// @errors kUnreachable, kUnavailable: nothing is known then about any stream.
  virtual Result<StreamList> List(std::chrono::milliseconds timeout) = 0;

  /// Disconnects a publisher.
  /// @param stream  of that publisher.
  /// @errors kBadRequest when `client` is no client ID; kUnreachable; kUnavailable: the publisher
  ///         may be disconnected or not.
  virtual Result<DropOutcome> Drop(const std::string& stream, const std::string& client,
                                   std::chrono::milliseconds timeout) = 0;
};

}  // namespace rtcroom
