// Offers of browsers.
#pragma once

#include <string>
#include <string_view>

namespace rtcroom {

inline constexpr std::string_view kFingerprint =
    "E6:D1:25:2A:29:61:31:D4:CB:71:D6:B3:2B:9F:92:02:D2:ED:9F:ED:EC:93:29:72:93:AC:34:3A:FB:FE:1A:"
    "21";

/// The lines of one of its media that are about the connection.
inline std::string TransportLines(std::string_view direction) {
  return std::string(
             "c=IN IP4 0.0.0.0\r\na=candidate:1 1 udp 2113937151 192.0.2.9 5004 typ host\r\n"
             "a=ice-ufrag:Rn1U\r\na=ice-pwd:x+R3M1DiHT+4PP+ijH+Ifd6x\r\na=fingerprint:sha-256 ") +
         std::string(kFingerprint) +
         "\r\na=setup:actpass\r\na=rtcp-mux\r\na=" + std::string(direction) + "\r\n";
}

/// What Chromium offers, shortened.
/// @param direction  sendonly or recvonly
inline std::string BrowserOffer(std::string_view direction) {
  constexpr std::string_view kExtension =
      "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n";
  std::string offer =
      "v=0\r\no=- 897343376111000657 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
      "a=group:BUNDLE 0 1\r\na=msid-semantic: WMS\r\n"
      "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\na=mid:0\r\n";
  offer += TransportLines(direction);
  offer += kExtension;
  offer +=
      "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"
      "a=rtpmap:0 PCMU/8000\r\na=ssrc:15 cname:name\r\n"
      "m=video 9 UDP/TLS/RTP/SAVPF 96 102 103 104 108 109\r\na=mid:1\r\n"
      "a=extmap:13 urn:3gpp:video-orientation\r\n";
  offer += TransportLines(direction);
  offer += kExtension;
  offer +=
      "a=rtpmap:96 VP8/90000\r\n"
      "a=rtpmap:102 H264/90000\r\n"
      "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r\n"
      "a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n"
      "a=rtpmap:104 H264/90000\r\n"
      "a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f\r\n"
      "a=rtpmap:108 H264/90000\r\n"
      "a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n"
      "a=rtpmap:109 rtx/90000\r\na=fmtp:109 apt=108\r\n"
      "a=ssrc-group:FID 16 17\r\na=ssrc:16 cname:name\r\na=ssrc:17 cname:name\r\n";
  return offer;
}

/// `text` with `with` in place of each `what`.
inline std::string Replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
  return text;
}

}  // namespace rtcroom
