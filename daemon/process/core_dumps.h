// Protects the memory of the process from other processes.
#pragma once

namespace rtcroom {

/// Protects keys and tokens in memory: from here on a crash leaves no core dump, and other
/// processes of the same user can neither attach to this one nor read its /proc files. An execve
/// resets that. No effect in a build with sanitizers, some of which attach to their own process.
void ForbidCoreDumps();

}  // namespace rtcroom
