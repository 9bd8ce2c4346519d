// A number by which nodes that share a store see that they are configured alike.
#pragma once

#include <string>

#include "daemon/config/config.h"

namespace rtcroom {

/// Eight hex digits: the same where the configuration lets nodes answer alike. It depends on all
/// keys but those that belong to one machine: addresses, certificates, paths, sizes of the process;
/// of key files it depends on the content. A value that is the default counts as missing, so it
/// stays the same where a newer program has more keys.
///
/// Everybody who can read the database can read it, so it must not confirm a guess of a secret. To
/// test a guess of one secret, all of them have to be known, since they go in together;
/// each test costs 16 MiB and tens of milliseconds, as the call itself does; and of four billion
/// wrong guesses one fits, too. Whoever reads the database has signed URLs of pushers, by which
/// `live.push_key` is tested a million times as fast.
std::string HashConfig(const Config& config);

}  // namespace rtcroom
