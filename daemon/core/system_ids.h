// Unguessable ids.
#pragma once

#include <string>

#include "daemon/base/random_source.h"
#include "daemon/core/id_source.h"

namespace rtcroom {

/// Draws 48 random bits for each id, 31 for a room number and 32 for a stream.
///
/// @threads safe from any thread.
class SystemIds : public IdSource {
 public:
  explicit SystemIds(RandomSource& random) : random_(random) {}

  RoomId NewRoomId() override;
  RoomId NewRoomNumber() override;
  UserId NewUserId() override;
  std::string NewStreamSuffix() override;

 private:
  RandomSource& random_;
};

/// The name of a store's history: 64 random bits as 16 hex characters.
std::string NewEpoch(RandomSource& random);

}  // namespace rtcroom
