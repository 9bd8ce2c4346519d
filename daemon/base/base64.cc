#include "daemon/base/base64.h"

#include <cstddef>

#include <openssl/evp.h>

namespace rtcroom {
namespace {

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

std::string EncodeBase64(std::string_view bytes) {
  // OpenSSL appends a NUL; the string has room for it after its last character.
  std::string text((bytes.size() + 2) / 3 * 4, '\0');
  EVP_EncodeBlock(Bytes(text), Bytes(bytes), static_cast<int>(bytes.size()));
  return text;
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int length = EVP_DecodeBlock(Bytes(bytes), Bytes(text), static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  // OpenSSL includes the bytes of the padding.
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const auto decoded = static_cast<std::size_t>(length);
  if (decoded < padding) return std::nullopt;
  bytes.resize(decoded - padding);
  // OpenSSL also skips white space and ignores stray bits: compare with the canonical encoding.
  if (EncodeBase64(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace rtcroom
