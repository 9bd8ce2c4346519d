// The server of watch_bench: a store with changes at a given rate, and Watch over gRPC.
#pragma once

namespace rtcroom {

/// Prints its port, and then executes lines from its standard input until its end: `rate N` makes N
/// changes per second from then on, each one event whose `user_name` is the time right before its
/// commit (`steady_clock`, nanoseconds); `report` prints the number of changes so far, of
/// subscribers, and of subscribers ended for being slow.
int RunWatchBenchServer();

}  // namespace rtcroom
