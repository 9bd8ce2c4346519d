// In the test programs that have a store, each test fails in which SQLite compiled a prepared
// statement again.
#pragma once

namespace rtcroom {

/// For a test in which another program changes the tables of an open store.
void AllowCompilingAgain();

}  // namespace rtcroom
