// Per-client rate limiting: whether a request may be served now.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "daemon/core/ids.h"

namespace rtcroom {

/// Why a ticket is refused: for the log and for the counters of refusals by limit.
inline constexpr std::string_view kTooManyTickets =
    "address: more tickets than limits.signing_rate";

/// Called once for each request before it is carried out: first for the address, then for the user,
/// as soon as the proven or claimed user is known. A request that is not admitted is answered with
/// code 6 and HTTP 200, and changes nothing.
///
/// Never called for heartbeats, delete_pusher and destroy_room: a refusal would evict an
/// honest member that shares an address with another client.
///
/// Any cost beyond the first token is charged once it is known, and may put the client into debt:
/// later requests wait until the debt is paid.
///
/// @threads implementations are safe from any thread.
/// @source protocol F.9.
class Admission {
 public:
  virtual ~Admission() = default;

  /// @param address  the client's, numeric, as `inet_ntop` writes it. Addresses of one IPv6 /64
  ///                 count as one, since a phone network assigns a whole /64 to each phone.
  [[nodiscard]] virtual bool AdmitsAddress(std::string_view address) = 0;

  /// It does what `AdmitsAddress` does for a request that is never refused, and always takes a
  /// token.
  /// @return how long to delay the request; zero: carry it out now.
  [[nodiscard]] virtual std::chrono::nanoseconds DelayOfAddress(std::string_view address) = 0;

  /// @param user  proven by the request; counted independently of the address.
  [[nodiscard]] virtual bool AdmitsUser(const UserId& user) = 0;

  /// @param address  as above. Counted together with the user ID: the ID is not proven, so a client
  ///                 elsewhere cannot use up another user's tokens.
  /// @param user     the user ID that the request claims.
  [[nodiscard]] virtual bool AdmitsClaim(std::string_view address, const UserId& user) = 0;

  /// Takes more tokens of the address, even if that leaves it in debt.
  virtual void ChargeAddress(std::string_view address, std::uint32_t tokens) = 0;
  /// Takes more tokens of a proven user, likewise.
  virtual void ChargeUser(const UserId& user, std::uint32_t tokens) = 0;

  /// Whether more tokens were charged than available. Checked again before expensive work of a
  /// request that was admitted some time ago.
  [[nodiscard]] virtual bool IsAddressInDebt(std::string_view address) = 0;
  [[nodiscard]] virtual bool IsUserInDebt(const UserId& user) = 0;

  /// Additional check before a ticket is signed for a fresh user: without proof of identity, one
  /// client can request any number of fresh users.
  /// @param address  as above.
  [[nodiscard]] virtual bool AdmitsTicket(std::string_view address) = 0;
};

}  // namespace rtcroom
