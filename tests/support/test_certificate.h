// The certificate of a server under test.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

namespace rtcroom {

struct CertificateNames {
  std::string common = "rtcroomd test";
  std::string alternative = "IP:127.0.0.1,DNS:localhost";  ///< empty: no such extension
  std::string issuer = {};  ///< empty: its own name; another one did not really sign it
};

/// Relative to the present.
struct CertificateLife {
  std::chrono::hours begins{-24};
  std::chrono::hours ends{24};
};

/// Writes a fresh key and a self-signed certificate for these names, both as PEM. Clients verify
/// against the certificate itself.
/// @throws std::runtime_error when that fails.
void WriteTestCertificate(const std::filesystem::path& certificate,
                          const std::filesystem::path& key, const CertificateNames& names = {},
                          const CertificateLife& life = {});

}  // namespace rtcroom
