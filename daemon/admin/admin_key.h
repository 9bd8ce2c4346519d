// The key by which commands on the same machine use the operator's port.
#pragma once

#include <filesystem>

#include "daemon/base/logger.h"
#include "daemon/base/random_source.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"

namespace rtcroom {

/// Puts a new key into the data directory, for its owner alone: who may read it there may open the
/// store as well.
///
/// A disk that is full or fails is no reason not to serve. The key of an earlier start goes on
/// being good then, if it is there as this would have written it: a regular file of this process's
/// user that nobody else may use. The log says so.
/// @param directory  is locked by the caller.
/// @return the key; empty when there is none, and commands have no access.
Secret RenewAdminKey(const std::filesystem::path& directory, RandomSource& random, Logger& logger);

/// The key that a server has put there, if it is there as `RenewAdminKey` writes it: a regular file
/// of this process's user that nobody else may use, and nothing but a key. Neither follows a link
/// nor waits for a pipe.
/// @errors kUnavailable: there is none that can be trusted; the sentence names the file.
Result<Secret> ReadAdminKey(const std::filesystem::path& directory);

}  // namespace rtcroom
