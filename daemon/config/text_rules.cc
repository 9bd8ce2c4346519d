#include "daemon/config/text_rules.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/address_range.h"
#include "daemon/base/ip_address.h"
#include "daemon/base/listen_address.h"
#include "daemon/config/store_url.h"

namespace rtcroom {
namespace {

constexpr std::size_t kMaxText = 4096;
constexpr std::size_t kMaxSocketPath = 107;  // unix(7)
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool Contains(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

// Whether `text` holds only letters, digits and the characters of `more`.
bool OnlyNameBytes(std::string_view text, std::string_view more) {
  return std::ranges::all_of(text, [more](char c) {
    return Contains(kLetters, c) || Contains(kDigits, c) || Contains(more, c);
  });
}

bool IsVisibleAscii(char c) { return c > ' ' && c <= '~'; }

bool IsWebUrl(std::string_view text) {
  return text.starts_with("https://") || text.starts_with("http://");
}

bool IsTemplateText(std::string_view text) {
  constexpr std::size_t kMaxBytes = 256;
  return text.size() <= kMaxBytes && std::ranges::all_of(text, IsVisibleAscii);
}

bool HasOnce(std::string_view text, std::string_view part) {
  const std::size_t first = text.find(part);
  return first != text.npos && text.find(part, first + 1) == text.npos;
}

// Removes a valid `:port`, if any; returns false when there is an invalid one.
bool CutPort(std::string_view& host) {
  const std::size_t after_bracket = host.starts_with('[') ? host.find(']') : 0;
  if (after_bracket == std::string_view::npos) return false;
  const std::size_t colon = host.find(':', after_bracket);
  if (colon == std::string_view::npos) return true;
  // Port 0 stands for any, and cannot be connected to.
  const bool valid = ParsePort(host.substr(colon + 1)).value_or(0) != 0;
  host = host.substr(0, colon);
  return valid;
}

// A name or a numeric address; removes the brackets of IPv6.
bool CutToHost(std::string_view& host) {
  if (!CutPort(host)) return false;
  if (host.size() > 2 && host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    return host.find_first_not_of("0123456789abcdefABCDEF:.") == host.npos;
  }
  return !host.empty() && host.size() <= 253 && OnlyNameBytes(host, ".-");
}

}  // namespace

std::string_view CheckPlainText(std::string_view text) {
  if (text.size() > kMaxText) return "must be at most 4096 bytes";
  const bool clean = std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return clean ? "" : "must not have line ends or other control characters";
}

std::string_view CheckListenAddress(std::string_view text) {
  const std::vector<std::string> addresses = SplitListen(text);
  if (addresses.size() > kMaxListenAddresses) return "must have at most 16 addresses";
  const bool valid = std::ranges::all_of(addresses, [](const std::string& address) {
    return ParseListenAddress(address).has_value();
  });
  if (valid && !addresses.empty()) return "";
  return "must be an address and a port such as 127.0.0.1:5757 or [::1]:5757, or a list of them";
}

std::string_view CheckOptionalListenAddress(std::string_view text) {
  return text.empty() ? "" : CheckListenAddress(text);
}

std::string_view CheckGrpcAddress(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  if (text.starts_with(kUnix)) {
    const std::string_view path = text.substr(kUnix.size());
    return path.size() > kMaxSocketPath ? "must have a path of at most 107 bytes" : CheckPath(path);
  }
  if (CheckListenAddress(text).empty()) return "";
  return "must be an address and a port such as 127.0.0.1:5759, a list of them, or unix:PATH";
}

std::string_view CheckOptionalGrpcAddress(std::string_view text) {
  return text.empty() ? "" : CheckGrpcAddress(text);
}

std::string_view CheckPrefix(std::string_view text) {
  if (!text.starts_with('/')) return "must begin with /";
  if (text.size() > 64) return "must be at most 64 bytes";
  for (std::string_view rest = text; !rest.empty();) {
    rest.remove_prefix(1);
    const std::string_view name = rest.substr(0, rest.find('/'));
    if (name.empty()) return "must not end in / nor have an empty part";
    if (!OnlyNameBytes(name, "-_.")) return "must have only letters, digits, - _ . and /";
    if (name.find_first_not_of('.') == name.npos) return "must not have a part of dots only";
    rest.remove_prefix(name.size());
  }
  return "";
}

std::string_view CheckOptionalPrefix(std::string_view text) {
  return text.empty() ? "" : CheckPrefix(text);
}

std::string_view CheckBaseUrl(std::string_view text) {
  constexpr std::string_view kHttps = "https://";
  constexpr std::string_view kHttp = "http://";
  constexpr std::string_view kShape = "must be https://HOST, with :PORT and /PATH if need be";
  const bool tls = text.starts_with(kHttps);
  if (!tls && !text.starts_with(kHttp)) return kShape;
  const std::string_view rest = text.substr(tls ? kHttps.size() : kHttp.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view host = rest.substr(0, slash);
  if (!CutToHost(host) || !OnlyNameBytes(rest.substr(slash), "/-_.")) return kShape;
  if (!tls && !IsLoopbackHost(host)) return "must be https:// (http:// is for loopback only)";
  return "";
}

std::string_view CheckOptionalBaseUrl(std::string_view text) {
  return text.empty() ? "" : CheckBaseUrl(text);
}

std::string_view CheckOptionalHost(std::string_view text) {
  return text.empty() || CutToHost(text) ? "" : "must be a host name, with :PORT if need be";
}

std::string_view CheckRtmpServer(std::string_view text) {
  constexpr std::string_view kScheme = "rtmp://";
  if (text.starts_with(kScheme)) {
    std::string_view host = text.substr(kScheme.size());
    if (CutToHost(host)) return "";
  }
  return "must be rtmp://HOST, with :PORT if need be";
}

std::string_view CheckProgram(std::string_view text) {
  return text.starts_with('/') ? CheckPath(text) : "must begin with /";
}

std::string_view CheckStoreUrl(std::string_view text) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (text == "memory:") return "";
  if (IsPostgresUrl(text)) return "";
  if (!text.starts_with(kSqlite)) return "must be sqlite:PATH, memory: or postgresql://…";
  const std::string_view path = text.substr(kSqlite.size());
  // The lock against a second server is on the data directory.
  const bool is_outside = path.starts_with('/') || path == ".." || path.starts_with("../") ||
                          path.ends_with("/..") || path.find("/../") != std::string_view::npos;
  if (is_outside) return "must be below store.data_dir";
  return CheckPath(path);
}

std::string_view CheckPath(std::string_view text) {
  return text.empty() ? "must name a path" : CheckPlainText(text);
}

std::string_view CheckOptionalFolder(std::string_view text) {
  if (text.empty()) return "";
  if (!text.starts_with('/')) return "must begin with /";
  const bool is_root = text.find_first_not_of("/.") == std::string_view::npos;
  if (is_root || text.find("/..") != std::string_view::npos) return "must name a folder";
  return CheckPlainText(text);
}

std::string_view CheckStreamPart(std::string_view text) {
  if (text.size() <= 32 && OnlyNameBytes(text, "-_")) return "";
  return "must be at most 32 letters, digits, - or _";
}

std::string_view CheckStreamApp(std::string_view text) {
  return text.empty() ? "must not be empty" : CheckStreamPart(text);
}

std::string_view CheckStreamTemplate(std::string_view text) {
  const bool is_url = text.starts_with("rtmp://") || IsWebUrl(text);
  if (is_url && IsTemplateText(text) && HasOnce(text, "{host}") && HasOnce(text, "{stream}")) {
    return "";
  }
  return "must be an rtmp, http or https URL with {host} and {stream}";
}

std::string_view CheckOptionalHlsTemplate(std::string_view text) {
  if (text.empty()) return "";
  // The host goes into the console's Content-Security-Policy as it is.
  const std::string_view rest = IsWebUrl(text) ? text.substr(text.find("://") + 3) : "";
  const std::string_view host = rest.substr(0, rest.find('/'));
  const bool is_playlist = HasOnce(text, "{stream}") && text.find('?') == text.npos;
  if (IsTemplateText(text) && is_playlist && !host.empty() && CheckOptionalHost(host).empty()) {
    return "";
  }
  return "must be an http or https URL with {stream} after its host, without a query";
}

std::string_view CheckDigits(std::string_view text) {
  const bool digits = text.find_first_not_of(kDigits) == text.npos;
  return digits && !text.empty() && text.size() <= 20 ? "" : "must be digits in quotes";
}

std::string_view CheckUserId(std::string_view text) {
  const bool clean = std::ranges::all_of(
      text, [](char c) { return IsVisibleAscii(c) && !Contains("/?#&%+\"\\", c); });
  if (clean && !text.empty() && text.size() <= 32) return "";
  return "must be 1 to 32 printable ASCII characters without space and / ? # & % + \" \\";
}

std::string_view CheckAddressRange(std::string_view text) {
  if (AddressRange::Parse(text)) return "";
  return "must be an address, or a range such as 10.0.0.0/8 with only zeros after its prefix";
}

std::string_view CheckAddress(std::string_view text) {
  return IpAddress::Parse(text) ? "" : "must be a numeric address";
}

std::string_view CheckPublicAddress(std::string_view text) {
  if (text.empty()) return "";
  const std::size_t comma = text.find(',');
  const std::optional<IpAddress> first = IpAddress::Parse(text.substr(0, comma));
  if (first && comma == text.npos) return "";
  const std::optional<IpAddress> second =
      comma == text.npos ? std::nullopt : IpAddress::Parse(text.substr(comma + 1));
  if (first && second && first->IsV4() != second->IsV4()) return "";
  return "must be an IPv4 address, an IPv6 address, or one of each with a comma between";
}

std::string_view CheckPortRange(std::string_view text) {
  constexpr std::uint16_t kLeast = 1024;
  const std::size_t dash = std::min(text.find('-'), text.size());
  const std::uint16_t first = ParsePort(text.substr(0, dash)).value_or(0);
  const std::uint16_t last = dash == text.size() ? 0 : ParsePort(text.substr(dash + 1)).value_or(0);
  if (first >= kLeast && last >= first) return "";
  return "must be two ports from 1024 to 65535 such as 50000-50199";
}

std::string_view CheckIceUrl(std::string_view text) {
  constexpr std::string_view kShape =
      "must be turn:HOST, turns:HOST or stun:HOST, with :PORT and ?transport=udp or tcp if need be";
  const std::size_t colon = std::min(text.find(':'), text.size());
  const std::string_view scheme = text.substr(0, colon);
  if (scheme != "turn" && scheme != "turns" && scheme != "stun") return kShape;
  std::string_view host = text.substr(std::min(colon + 1, text.size()));
  if (const std::size_t query = host.find('?'); query != host.npos) {
    const std::string_view transport = host.substr(query);
    if (scheme == "stun") return kShape;
    if (transport != "?transport=udp" && transport != "?transport=tcp") return kShape;
    host = host.substr(0, query);
  }
  return CutToHost(host) ? "" : kShape;
}

std::string_view CheckOrigin(std::string_view text) {
  if (text == "*" || text == "null") return "";
  constexpr std::string_view kShape =
      "must be \"*\", \"null\" or origins such as \"https://example.com\"";
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == text.npos || scheme_end == 0) return kShape;
  std::string_view host = text.substr(scheme_end + 3);
  // Pages of a shell's own files have no host: "file://".
  const bool has_host = IsWebUrl(text) || !host.empty();
  const bool fine =
      OnlyNameBytes(text.substr(0, scheme_end), "+-.") && (!has_host || CutToHost(host));
  return fine ? "" : kShape;
}

}  // namespace rtcroom
