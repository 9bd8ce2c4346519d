// What can befall several servers, their database and the network between them.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "tests/cluster/failing_cluster.h"

namespace rtcroom {

enum class Trouble : std::uint8_t {
  kNodeKilled,
  kNodeStopped,
  kNodeRefused,   ///< by the database
  kNodeSilenced,  ///< it hears nothing of the database, which hears nothing of it
  kPrimaryCrashed,
  kFailOver,
  kPrimaryLivesOn,  ///< after the standby took over
};
inline constexpr std::array kTroubles = {Trouble::kNodeKilled,     Trouble::kNodeStopped,
                                         Trouble::kNodeRefused,    Trouble::kNodeSilenced,
                                         Trouble::kPrimaryCrashed, Trouble::kFailOver,
                                         Trouble::kPrimaryLivesOn};

std::string_view NameOf(Trouble trouble);

/// Causes it, and ends it: then all servers run, with a synchronous standby.
///
/// @param node  that it befalls, if it befalls one.
/// @param length  how long it lasts.
/// @param go_on  returns when the servers have gone on without a standby.
void Cause(FailingCluster& cluster, Trouble trouble, std::size_t node,
           std::chrono::milliseconds length, const std::function<void()>& go_on);

}  // namespace rtcroom
