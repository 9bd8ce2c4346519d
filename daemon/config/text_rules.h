// Rules for configuration texts.
#pragma once

#include <string_view>

namespace rtcroom {

/// Describes the fault of a text: a sentence without the text itself, which may be a secret set for
/// the wrong key. Empty when the text is valid.
using TextRule = std::string_view (*)(std::string_view text);

/// A text of at most 4096 bytes without control characters.
std::string_view CheckPlainText(std::string_view text);
/// `host:port` or `[v6]:port`, or up to 16 of them with commas between.
std::string_view CheckListenAddress(std::string_view text);
/// An address as above, or empty.
std::string_view CheckOptionalListenAddress(std::string_view text);
/// Listen addresses as above, or `unix:PATH`, the path of at most 107 bytes.
std::string_view CheckGrpcAddress(std::string_view text);
/// An address as above, or empty.
std::string_view CheckOptionalGrpcAddress(std::string_view text);
/// `/name` or `/name/name`, of letters, digits, `-`, `_` and `.`; at most 64 bytes.
std::string_view CheckPrefix(std::string_view text);
/// A prefix as above, or empty.
std::string_view CheckOptionalPrefix(std::string_view text);
/// `https://host[:port][/path]`; `http://` on loopback only; a port from 1 to 65535.
std::string_view CheckBaseUrl(std::string_view text);
/// A base URL as above, or empty.
std::string_view CheckOptionalBaseUrl(std::string_view text);
/// `host`, `host:port`, or empty.
std::string_view CheckOptionalHost(std::string_view text);
/// `rtmp://HOST` or `rtmp://HOST:PORT`.
std::string_view CheckRtmpServer(std::string_view text);
/// The path of a program, which begins with `/`.
std::string_view CheckProgram(std::string_view text);
/// `sqlite:PATH`, `memory:`, or `postgresql://…` (also `postgres://…`), of which nothing more is
/// checked.
std::string_view CheckStoreUrl(std::string_view text);
/// 1 to 4096 bytes without control characters.
std::string_view CheckPath(std::string_view text);
/// A path that begins with `/`, of another folder than the root of the file system; or empty.
std::string_view CheckOptionalFolder(std::string_view text);
/// The characters allowed in a stream name: letters, digits, `_`, `-`; at most 32 bytes; may be
/// empty.
/// @source protocol D.4.
std::string_view CheckStreamPart(std::string_view text);
/// A part as above, not empty.
std::string_view CheckStreamApp(std::string_view text);
/// An rtmp, http or https URL of at most 256 printable characters with `{host}` and `{stream}`,
/// each once.
std::string_view CheckStreamTemplate(std::string_view text);
/// An http or https URL likewise, with `{stream}` after its host and no query; may be empty.
std::string_view CheckOptionalHlsTemplate(std::string_view text);
/// A number of up to 20 digits, at least one.
std::string_view CheckDigits(std::string_view text);
/// A userID that may be signed for: 1 to 32 bytes. @source protocol 0.3.
std::string_view CheckUserId(std::string_view text);
/// A numeric address, or a range such as `10.0.0.0/8` or `fd00::/8`.
std::string_view CheckAddressRange(std::string_view text);
/// A numeric address.
std::string_view CheckAddress(std::string_view text);
/// An IPv4 address, an IPv6 address, or one of each with a comma between; may be empty.
std::string_view CheckPublicAddress(std::string_view text);
/// `LEAST-MOST`, ports from 1024 to 65535.
std::string_view CheckPortRange(std::string_view text);
/// `turn:HOST`, `turns:HOST` or `stun:HOST`, with `:PORT` and, but for stun, `?transport=udp` or
/// `?transport=tcp` if need be. @source RFC 7064, RFC 7065.
std::string_view CheckIceUrl(std::string_view text);
/// `*`, `null`, or `scheme://host[:port]` as a browser sends it.
std::string_view CheckOrigin(std::string_view text);

}  // namespace rtcroom
