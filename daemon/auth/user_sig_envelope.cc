#include "daemon/auth/user_sig_envelope.h"

#include <stdexcept>

#include <zlib.h>

#include "daemon/base/base64.h"

namespace rtcroom {
namespace {

/// Maximum size of `kMaxUserSigJson` packed bytes: stored deflate, then base64.
constexpr std::size_t kMaxPacked = kMaxUserSigJson * 3 / 2;

/// zlib takes a pointer to non-const, but does not write through it.
Bytef* Input(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

std::optional<std::string> Inflate(std::string_view packed) {
  std::string text(kMaxUserSigJson, '\0');
  z_stream stream{};
  stream.next_in = Input(packed);
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  if (inflateInit(&stream) != Z_OK) return std::nullopt;
  const int outcome = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  if (outcome != Z_STREAM_END || stream.avail_in != 0) return std::nullopt;
  text.resize(stream.total_out);
  return text;
}

}  // namespace

std::string PackUserSig(std::string_view json) {
  uLongf length = compressBound(static_cast<uLong>(json.size()));
  std::string packed(length, '\0');
  const int outcome = compress(reinterpret_cast<Bytef*>(packed.data()), &length, Input(json),
                               static_cast<uLong>(json.size()));
  // The bound covers any input: only lack of memory can cause a failure.
  if (outcome != Z_OK) throw std::runtime_error("zlib could not deflate a ticket");
  packed.resize(length);

  std::string sig = EncodeBase64(packed);
  for (char& character : sig) {
    if (character == '+') character = '*';
    if (character == '/') character = '-';
    if (character == '=') character = '_';
  }
  return sig;
}

std::optional<std::string> UnpackUserSig(std::string_view sig) {
  if (sig.size() > kMaxPacked) return std::nullopt;
  std::string base64(sig);
  for (char& character : base64) {
    // The three replaced characters must not occur in their original form.
    if (character == '+' || character == '/' || character == '=') return std::nullopt;
    if (character == '*') character = '+';
    if (character == '-') character = '/';
    if (character == '_') character = '=';
  }
  const std::optional<std::string> packed = DecodeBase64(base64);
  if (!packed) return std::nullopt;
  return Inflate(*packed);
}

}  // namespace rtcroom
