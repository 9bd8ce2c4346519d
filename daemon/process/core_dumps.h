// What others on the machine may see of the process's memory.
#pragma once

namespace rtcroom {

/// Keys and tokens in memory are for nobody else: from here on a crash leaves no core dump, and
/// other processes of the same user can neither attach to this one nor read its /proc files. An
/// execve ends that. Does nothing in a build with sanitizers, of which some have to attach to
/// themselves.
void ForbidCoreDumps();

}  // namespace rtcroom
