// The server of watch_bench: a store that changes as often as it is told to, and Watch over gRPC.
#pragma once

namespace rtcroom {

/// Prints its port, and then obeys lines from its standard input until that ends:
/// `rate N` makes N changes per second from then on, each one event whose `user_name` is the time
/// right before its commit (`steady_clock`, nanoseconds); `report` prints the number of changes
/// made so far, of subscribers, and of those that were ended for being slow.
int RunWatchBenchServer();

}  // namespace rtcroom
