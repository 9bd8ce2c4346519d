#include "daemon/http/web_socket_handshake.h"

#include <array>
#include <optional>

#include <openssl/sha.h>

#include "daemon/base/base64.h"
#include "daemon/base/text.h"

namespace rtcroom {
namespace {

constexpr std::string_view kProtocol = "websocket";
constexpr std::string_view kVersion = "13";
constexpr std::size_t kKeyBytes = 16;
/// @source RFC 6455 1.3.
constexpr std::string_view kAcceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

constexpr int kSwitchingProtocols = 101;
constexpr int kBadRequest = 400;
constexpr int kUpgradeRequired = 426;

// Names of protocols are compared in any letter case (RFC 6455 4.2.1), those of subprotocols
// exactly.
bool OffersWebSocket(const UpgradeOffer& offer) {
  return AnyInList(offer.protocols,
                   [](std::string_view name) { return EqualsIgnoringCase(name, kProtocol); });
}

bool Offers(const UpgradeOffer& offer, std::string_view subprotocol) {
  return AnyInList(offer.web_socket_protocols,
                   [subprotocol](std::string_view name) { return name == subprotocol; });
}

bool HasValidKey(const UpgradeOffer& offer) {
  const std::optional<std::string> key = DecodeBase64(offer.web_socket_key);
  return key && key->size() == kKeyBytes;
}

HttpReply UpgradeRequired() {
  return {.status = kUpgradeRequired,
          .headers = {{"Upgrade", std::string(kProtocol)},
                      {"Connection", "Upgrade"},
                      {"Sec-WebSocket-Version", std::string(kVersion)}}};
}

}  // namespace

HttpReply WebSocketHandshake(const HttpRequest& request, std::string_view subprotocol) {
  const std::optional<UpgradeOffer>& offer = request.upgrade;
  if (!offer || !OffersWebSocket(*offer)) return UpgradeRequired();
  if (request.method != "GET") return {.status = kBadRequest};
  if (offer->web_socket_version != kVersion) return UpgradeRequired();
  if (!HasValidKey(*offer)) return {.status = kBadRequest};

  HttpReply reply{.status = kSwitchingProtocols,
                  .headers = {{"Upgrade", std::string(kProtocol)},
                              {"Sec-WebSocket-Accept", WebSocketAccept(offer->web_socket_key)}}};
  if (!subprotocol.empty() && Offers(*offer, subprotocol)) {
    reply.headers.emplace_back("Sec-WebSocket-Protocol", subprotocol);
  }
  return reply;
}

std::string WebSocketAccept(std::string_view key) {
  std::string text(key);
  text += kAcceptSuffix;
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return EncodeBase64({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace rtcroom
