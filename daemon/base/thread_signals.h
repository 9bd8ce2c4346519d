// Signals and threads.
#pragma once

namespace rtcroom {

/// Keeps every signal from the calling thread: they are for the main thread. A peer's reset must
/// not end the process either, and OpenSSL writes without a way to ask for that on each call.
void BlockSignalsInThisThread();

}  // namespace rtcroom
