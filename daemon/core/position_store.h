// Persistent positions of event readers inside the process.
#pragma once

#include <optional>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/core/cursor.h"

namespace rtcroom {

/// As durable as the store of rooms.
///
/// @threads every method is safe from any thread.
class PositionStore {
 public:
  virtual ~PositionStore() = default;

  /// @param reader  its name: a constant of ours.
  /// @return nullopt for a reader that never saved one.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::optional<Cursor>> LoadPosition(std::string_view reader) = 0;

  /// @param position  never `Cursor::Start`.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status SavePosition(std::string_view reader, const Cursor& position) = 0;
};

}  // namespace rtcroom
