// The certificate of a server under test.
#pragma once

#include <filesystem>
#include <string>

namespace rtcroom {

struct CertificateNames {
  std::string common = "rtcroomd test";
  std::string alternative = "IP:127.0.0.1,DNS:localhost";  ///< empty: no such extension
};

/// Writes a fresh key and a self-signed certificate for these names, both as PEM. Clients verify
/// against the certificate itself.
/// @throws std::runtime_error when that fails.
void WriteTestCertificate(const std::filesystem::path& certificate,
                          const std::filesystem::path& key, const CertificateNames& names = {});

}  // namespace rtcroom
