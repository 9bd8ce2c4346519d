// The certificate that a server under test shows.
#pragma once

#include <filesystem>

namespace rtcroom {

/// Writes a fresh key and a self-signed certificate for 127.0.0.1 and localhost, both as PEM.
/// Clients verify against the certificate itself.
/// @throws std::runtime_error when that fails.
void WriteTestCertificate(const std::filesystem::path& certificate,
                          const std::filesystem::path& key);

}  // namespace rtcroom
