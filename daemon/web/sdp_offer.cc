#include "daemon/web/sdp_offer.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace rtcroom {
namespace {

constexpr std::string_view kTransport = "UDP/TLS/RTP/SAVPF";
constexpr std::string_view kTransportCc =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
constexpr std::string_view kHexadecimal = "0123456789abcdefABCDEF";
// Letters and digits, and what may be besides: in names of sources, in ICE's words, in names of
// media.
constexpr std::string_view kCnameWord =
    "={}+/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
constexpr std::string_view kIceWord = kCnameWord.substr(3, 64);
constexpr std::string_view kMidWord = kCnameWord.substr(5);

using Lines = std::vector<std::string_view>;

Error Malformed(std::string sentence) { return {Errc::kBadRequest, std::move(sentence)}; }

Lines Split(std::string_view text, char at) {
  Lines parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(at), text.size());
    std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.ends_with('\r')) part.remove_suffix(1);
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

bool IsOf(std::string_view text, std::string_view characters, std::size_t least, std::size_t most) {
  return text.size() >= least && text.size() <= most &&
         text.find_first_not_of(characters) == std::string_view::npos;
}

template <typename Number>
std::optional<Number> ParseNumber(std::string_view text, Number least = 0,
                                  Number most = std::numeric_limits<Number>::max()) {
  Number number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = failure == std::errc() && end == text.data() + text.size();
  return is_number && number >= least && number <= most ? std::optional(number) : std::nullopt;
}
std::optional<int> ParsePayloadType(std::string_view text) { return ParseNumber(text, 0, 127); }

/// What follows `a=NAME:` in the only such line, or in equal ones; nullopt when there is none,
/// empty when they differ.
std::optional<std::string_view> OnlyValue(const Lines& lines, std::string_view prefix) {
  std::optional<std::string_view> found;
  for (const std::string_view line : lines) {
    if (!line.starts_with(prefix)) continue;
    const std::string_view value = line.substr(prefix.size());
    if (found && *found != value) return std::string_view();
    found = value;
  }
  return found;
}
bool HasLine(const Lines& lines, std::string_view line) {
  return std::ranges::find(lines, line) != lines.end();
}

bool IsFingerprint(std::string_view text) {
  if (text.size() != 32 * 3 - 1) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!IsOf(text.substr(i, 1), i % 3 == 2 ? ":" : kHexadecimal, 1, 1)) return false;
  }
  return true;
}

/// What is said of a payload type: `NAME/RATE` and `KEY=VALUE;…`.
struct Format {
  std::string_view name = {};
  std::string_view parameters = {};

  /// Empty when there is no such key.
  [[nodiscard]] std::string_view Parameter(std::string_view key) const {
    for (std::string_view each : Split(parameters, ';')) {
      each.remove_prefix(std::min(each.find_first_not_of(' '), each.size()));
      if (each.starts_with(key) && each.substr(key.size()).starts_with('=')) {
        return each.substr(key.size() + 1);
      }
    }
    return {};
  }
};
using Formats = std::map<int, Format>;

Formats FormatsOf(const Lines& lines) {
  Formats formats;
  for (const std::string_view line : lines) {
    const bool is_name = line.starts_with("a=rtpmap:");
    const std::size_t space = line.find(' ');
    if ((!is_name && !line.starts_with("a=fmtp:")) || space == std::string_view::npos) continue;
    const std::size_t begin = line.find(':') + 1;
    const std::optional<int> type = ParsePayloadType(line.substr(begin, space - begin));
    if (!type) continue;
    (is_name ? formats[*type].name : formats[*type].parameters) = line.substr(space + 1);
  }
  return formats;
}

/// How much a format is wanted: not at all when it is negative. Of H.264 all decode first:
/// constrained baseline, baseline, any.
int RankOf(const Format& format, bool is_video) {
  if (!is_video) return format.name == "opus/48000/2" || format.name == "OPUS/48000/2" ? 0 : -1;
  const std::string_view profile = format.Parameter("profile-level-id");
  if (format.name != "H264/90000" || format.Parameter("packetization-mode") != "1") return -1;
  if (!IsOf(profile, kHexadecimal, 6, 6)) return -1;
  return profile.starts_with("42e0") ? 2 : profile.starts_with("4200") ? 1 : 0;
}

/// The ID of the header extension that counts packets, of a header of one byte.
std::optional<int> ReadTransportCc(const Lines& lines) {
  constexpr std::string_view kPrefix = "a=extmap:";
  for (const std::string_view line : lines) {
    if (!line.starts_with(kPrefix) || !line.ends_with(kTransportCc)) continue;
    const auto id =
        ParseNumber(line.substr(kPrefix.size(), line.find(' ') - kPrefix.size()), 1, 14);
    if (id) return id;
  }
  return std::nullopt;
}

/// How a medium is sent.
struct Codec {
  std::vector<int> types = {};  ///< payload types: its own, and that of retransmissions (RFC 4588)
  std::string_view profile = {};
  std::optional<int> transport_cc = {};
  // These are told by who publishes.
  std::vector<std::uint32_t> sources = {};  ///< SSRCs, in the order of `types`
  std::string_view cname = {};
};

void ReadSources(const Lines& lines, Codec& codec) {
  for (const std::string_view line : lines) {
    const Lines words = WordsOf(line);
    if (words.size() == 3 && words[0] == "a=ssrc-group:FID" && codec.types.size() > 1) {
      const auto first = ParseNumber<std::uint32_t>(words[1]);
      const auto second = ParseNumber<std::uint32_t>(words[2]);
      if (first && second && codec.sources.empty()) codec.sources = {*first, *second};
    }
    if (words.size() != 2 || !words[0].starts_with("a=ssrc:") || !words[1].starts_with("cname:")) {
      continue;
    }
    const auto source = ParseNumber<std::uint32_t>(words[0].substr(words[0].find(':') + 1));
    const std::string_view cname = words[1].substr(words[1].find(':') + 1);
    if (!source || !IsOf(cname, kCnameWord, 1, 64)) continue;
    if (codec.cname.empty()) codec.cname = cname;
    if (codec.sources.empty()) codec.sources = {*source};
  }
  if (codec.cname.empty()) codec.sources.clear();
}

/// Reads the media of an offer, one after the other.
class OfferReader {
 public:
  OfferReader(const std::vector<Lines>& sections, WebWay way)
      : way_(way),
        is_bundled_(sections.size() > 2),
        used_(sections.front()),
        bundled_(WordsOf(OnlyValue(sections.front(), "a=group:BUNDLE ").value_or(""))) {}

  Status ReadMedium(const Lines& lines) {
    const Lines words = WordsOf(lines.front().substr(2));
    if (words.size() < 4) return Malformed("m=: not a medium, a port, a transport and formats");
    const std::string_view mid = OnlyValue(lines, "a=mid:").value_or("");
    OfferedMedium medium{.is_video = words[0] == "video",
                         .mid = std::string(mid),
                         .first_format = std::string(words[3])};
    if (!medium.is_video && words[0] != "audio") return Malformed("m=: neither audio nor video");
    if (words[2] != kTransport) return Malformed("m=: not UDP/TLS/RTP/SAVPF");
    if (!ParsePayloadType(words[3])) return Malformed("m=: a format that is not a payload type");
    if (!IsOf(mid, kMidWord, 1, 16)) {
      return Malformed("a=mid: missing, or not 1 to 16 letters and digits");
    }
    if (!mids_.insert(mid).second) return Malformed("a=mid: the same twice");
    const bool is_wanted = words[1] != "0" || HasLine(lines, "a=bundle-only");
    if (is_wanted && !std::exchange(medium.is_video ? has_video_ : has_audio_, true)) {
      if (Status read = ReadCodec(lines, medium); !read) return read;
      used_.insert(used_.end(), lines.begin(), lines.end());
      used_mids_.push_back(mid);
      if (is_bundled_ && !HasLine(bundled_, mid)) {
        return Malformed("a=group: the media must be bundled");
      }
    }
    offer_.media.push_back(std::move(medium));
    return {};
  }

  /// What was read, with the lines of the connection, which are the same for all media.
  Result<WebOffer> Finish() && {
    if (texts_.empty()) return Malformed("m=: no medium");
    const std::string_view ufrag = OnlyValue(used_, "a=ice-ufrag:").value_or("");
    const std::string_view password = OnlyValue(used_, "a=ice-pwd:").value_or("");
    const std::string_view setup = OnlyValue(used_, "a=setup:").value_or("actpass");
    offer_.fingerprint = OnlyValue(used_, "a=fingerprint:sha-256 ").value_or("");
    if (!IsOf(ufrag, kIceWord, 4, 256)) {
      return Malformed("a=ice-ufrag: missing, wrong or not the same for all media");
    }
    if (!IsOf(password, kIceWord, 22, 256)) {
      return Malformed("a=ice-pwd: missing, wrong or not the same for all media");
    }
    if (!IsFingerprint(offer_.fingerprint)) {
      return Malformed("a=fingerprint: no sha-256, or not the same for all media");
    }
    if (setup != "actpass" && setup != "active" && setup != "passive") {
      return Malformed("a=setup: wrong, or not the same for all media");
    }
    offer_.text =
        fmt::format("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n",
                    fmt::join(used_mids_, " "));
    for (const std::string& medium : texts_) {
      fmt::format_to(
          std::back_inserter(offer_.text),
          "{}a=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:sha-256 {}\r\na=setup:{}\r\n", medium,
          ufrag, password, offer_.fingerprint, setup);
    }
    return std::move(offer_);
  }

 private:
  Status ReadCodec(const Lines& lines, OfferedMedium& medium) {
    if (!HasLine(lines, "a=rtcp-mux")) return Malformed("a=rtcp-mux: missing");
    const bool publishes = way_ == WebWay::kPublish;
    if (HasLine(lines, publishes ? "a=recvonly" : "a=sendonly") || HasLine(lines, "a=inactive")) {
      return Malformed(publishes ? "a=recvonly: who publishes sends"
                                 : "a=sendonly: who plays receives");
    }
    const Formats formats = FormatsOf(lines);
    int best = -1;
    for (const auto& [type, format] : formats) {
      const int rank = RankOf(format, medium.is_video);
      if (rank > best) medium.payload_type = type;
      best = std::max(best, rank);
    }
    if (!medium.payload_type) {
      return Error{Errc::kContentRefused, medium.is_video
                                              ? "video: no H.264 with packetization-mode=1"
                                              : "audio: no Opus"};
    }
    Codec codec{.types = {*medium.payload_type},
                .profile = formats.at(*medium.payload_type).Parameter("profile-level-id"),
                .transport_cc = ReadTransportCc(lines)};
    for (const auto& [type, format] : formats) {
      const bool repeats = medium.is_video && format.name == "rtx/90000" &&
                           format.Parameter("apt") == fmt::to_string(*medium.payload_type);
      if (repeats && codec.types.size() == 1) codec.types.push_back(type);
    }
    if (publishes) ReadSources(lines, codec);
    // Packets of both media are told apart by these: they share one connection.
    for (const int type : codec.types) {
      // With the marker bit these look like packets of RTCP (RFC 5761, section 4).
      if (type >= 64 && type <= 95) {
        return Malformed("a=rtpmap: a payload type of 64 to 95, which RTCP uses");
      }
      if (!types_.insert(type).second) {
        return Malformed("a=rtpmap: the same payload type in two media");
      }
    }
    for (const std::uint32_t source : codec.sources) {
      if (!sources_.insert(source).second) return Malformed("a=ssrc: the same in two media");
    }
    if (!transport_cc_) transport_cc_ = codec.transport_cc;
    if (codec.transport_cc && codec.transport_cc != transport_cc_) {
      return Malformed("a=extmap: one extension with two numbers");
    }
    WriteMedium(medium, codec);
    return {};
  }

  void WriteMedium(const OfferedMedium& medium, const Codec& codec) {
    std::string& to = texts_.emplace_back();
    const auto add = [&to]<typename... T>(fmt::format_string<T...> format, T&&... values) {
      fmt::format_to(std::back_inserter(to), format, std::forward<T>(values)...);
      to += "\r\n";
    };
    const int type = codec.types.front();
    add("m={} 9 {} {}", medium.is_video ? "video" : "audio", kTransport,
        fmt::join(codec.types, " "));
    add("c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=rtcp-mux\r\na=rtcp-rsize");
    add("a=mid:{}\r\na={}", medium.mid, way_ == WebWay::kPublish ? "sendonly" : "recvonly");
    if (codec.transport_cc) add("a=extmap:{} {}", *codec.transport_cc, kTransportCc);
    if (medium.is_video) {
      add("a=rtpmap:{} H264/90000", type);
      add("a=fmtp:{} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={}", type,
          codec.profile);
      for (const char* const feedback : {"nack", "nack pli", "ccm fir"}) {
        add("a=rtcp-fb:{} {}", type, feedback);
      }
    } else {
      add("a=rtpmap:{0} OPUS/48000/2\r\na=fmtp:{0} minptime=10;useinbandfec=1", type);
    }
    add("a=rtcp-fb:{} transport-cc", type);
    if (codec.types.size() > 1) {
      add("a=rtpmap:{0} rtx/90000\r\na=fmtp:{0} apt={1}", codec.types.back(), type);
    }
    if (codec.sources.size() > 1) add("a=ssrc-group:FID {}", fmt::join(codec.sources, " "));
    for (const std::uint32_t source : codec.sources) add("a=ssrc:{} cname:{}", source, codec.cname);
  }

  const WebWay way_;
  const bool is_bundled_;
  Lines used_;  ///< lines of the session, and of the media that are used
  const Lines bundled_;
  WebOffer offer_;
  std::vector<std::string> texts_;
  Lines used_mids_;
  bool has_video_ = false;
  bool has_audio_ = false;
  std::set<std::string_view> mids_;
  std::set<int> types_;
  std::set<std::uint32_t> sources_;
  std::optional<int> transport_cc_;
};

}  // namespace

std::vector<std::string_view> LinesOf(std::string_view text) { return Split(text, '\n'); }

std::vector<std::string_view> WordsOf(std::string_view text) { return Split(text, ' '); }

Result<WebOffer> ReadOffer(std::string_view text, WebWay way) {
  if (text.size() > kMaxOfferBytes) return Malformed("offer: longer than 32 KiB");
  const bool is_printable = std::ranges::all_of(
      text, [](char c) { return c == '\r' || c == '\n' || (c >= ' ' && c <= '~'); });
  if (!is_printable) return Malformed("offer: bytes that are not printable ASCII");
  const Lines lines = LinesOf(text);
  if (lines.size() > kMaxOfferLines) return Malformed("offer: more than 1200 lines");
  if (lines.empty() || lines.front() != "v=0") return Malformed("v=: not 0: no SDP");
  std::vector<Lines> sections(1);
  for (const std::string_view line : lines) {
    if (line.size() < 2 || line[1] != '=') return Malformed("offer: a line that is not LETTER=…");
    if (line.starts_with("m=")) sections.emplace_back();
    sections.back().push_back(line);
  }
  if (sections.size() < 2 || sections.size() > kMaxOfferMedia + 1) {
    return Malformed("m=: must be 1 to 4 media");
  }
  OfferReader reader(sections, way);
  for (auto section = sections.begin() + 1; section != sections.end(); ++section) {
    if (const Status read = reader.ReadMedium(*section); !read) return read.error();
  }
  return std::move(reader).Finish();
}

}  // namespace rtcroom
