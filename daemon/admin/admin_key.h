// The key that commands on the same machine use for the admin listener.
#pragma once

#include <filesystem>

#include "daemon/base/logger.h"
#include "daemon/base/random_source.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"

namespace rtcroom {

/// Writes a new key to the data directory, for its owner alone: a user who can read it there can
/// also open the store.
///
/// A full or failing disk does not prevent serving. The key of an earlier start then stays valid,
/// if it is as this function would have written it: a regular file of this process's user that no
/// other user may access. This is logged.
/// @param directory  locked by the caller.
/// @return the key; empty when there is none, and commands have no access.
Secret RenewAdminKey(const std::filesystem::path& directory, RandomSource& random, Logger& logger);

/// The key that a server has written, if it is as `RenewAdminKey` writes it: a regular file of this
/// process's user that no other user may access, and nothing but a key. Neither follows a link nor
/// waits for a pipe.
/// @errors kUnavailable: there is no trustworthy key; the sentence names the file.
Result<Secret> ReadAdminKey(const std::filesystem::path& directory);

}  // namespace rtcroom
