// In test programs with a store, fails every test in which SQLite recompiled a prepared statement.
#pragma once

namespace rtcroom {

/// Exempts a test in which another program changes the tables of an open store.
void AllowCompilingAgain();

}  // namespace rtcroom
