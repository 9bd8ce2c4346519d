// Checks of the arguments that push and play URLs carry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/secret.h"
#include "daemon/core/stream_urls.h"

namespace rtcroom {

/// Arguments of a stream URL, percent-decoded; nullopt: not sent.
struct StreamArguments {
  std::optional<std::string_view> tx_secret{};
  std::optional<std::string_view> tx_time{};
  // The arguments of a binding: kind, user, room, signature.
  std::optional<std::string_view> rk{};
  std::optional<std::string_view> ru{};
  std::optional<std::string_view> rr{};
  std::optional<std::string_view> rs{};
  std::optional<std::string_view> rw{};  ///< `kWebArgument`; nullopt: a phone's
  bool is_again = false;                 ///< has `kAgainArgument`
};

enum class StreamSignatureState : std::uint8_t {
  kGood,
  kMissing,    ///< txSecret or txTime was not sent
  kMalformed,  ///< they are no digest and no time
  kWrong,      ///< of another stream or time, or made with another key
  kExpired,    ///< good until its time, which has passed
};

/// How URLs spell when they expire.
std::string TxTimeOf(TimePoint until);
/// `txSecret=…&txTime=…`: proves until then that the holder may push or play that stream.
std::string SignatureArguments(const Secret& key, std::string_view stream,
                               std::string_view tx_time);

/// Lower-case words, for logs.
std::string_view StreamSignatureStateName(StreamSignatureState state);

struct StreamSignature {
  StreamSignatureState state = StreamSignatureState::kMissing;
  /// The time at which a signature that is good or has expired expires; nullopt where none is.
  std::optional<TimePoint> signed_until{};
  /// The binding of such a signature, when the URL was made for one room and no argument of that
  /// was changed.
  std::optional<PushBinding> binding{};

  /// Whether the URL was made with the key, however long ago.
  [[nodiscard]] bool is_authentic() const {
    return state == StreamSignatureState::kGood || state == StreamSignatureState::kExpired;
  }
};

/// Checks what `SignedStreamUrls` signs: txSecret is the MD5, in lower-case hex, of the key, the
/// stream and txTime, which is the expiry in Unix seconds, in upper-case hex.
///
/// The binding to a room is optional: `rk=<d|m|l>&ru=<user>&rr=<room>&rs=<32 hex>`. Whoever removes
/// or damages it gains nothing: a stream without one is treated as that of any of the user's rooms.
/// An empty `rr` stands for any room of the kind.
///
/// @threads immutable: safe from any thread.
/// @source protocol D.4, E.3.
class StreamSignatureVerifier {
 public:
  /// Most bytes of `BindingArguments`: with them the arguments of a URL stay below the 255 bytes
  /// that media servers keep.
  static constexpr std::size_t kMaxBindingBytes = 160;

  /// @param key  empty: URLs are not signed. Every stream is good, without a time or a binding.
  explicit StreamSignatureVerifier(Secret key);

  /// The time that a comparison takes does not depend on the digest.
  [[nodiscard]] StreamSignature Check(std::string_view stream, const StreamArguments& arguments,
                                      TimePoint now) const;

  /// The arguments that bind a URL of that stream and txTime to a room, percent-encoded.
  /// @return empty where URLs are not signed, for rooms of kWebrtc, which have no push URLs, and
  ///         when the arguments would be too long.
  [[nodiscard]] std::string BindingArguments(std::string_view stream, std::string_view tx_time,
                                             const PushBinding& binding) const;

 private:
  [[nodiscard]] std::string BindingDigest(std::string_view stream, std::string_view tx_time,
                                          std::string_view kind, std::string_view user_id,
                                          std::string_view room_id) const;
  [[nodiscard]] std::optional<PushBinding> ReadBinding(std::string_view stream,
                                                       const StreamArguments& arguments) const;

  const Secret key_;
};

}  // namespace rtcroom
