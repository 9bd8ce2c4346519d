#include "daemon/web/sdp_offer.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <ranges>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/base/parse_integer.h"

namespace rtcroom {
namespace {

constexpr std::string_view kTransport = "UDP/TLS/RTP/SAVPF";
constexpr std::string_view kTransportCc =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
constexpr std::string_view kHexadecimal = "0123456789abcdefABCDEF";
// Letters and digits, and what may be besides: in ICE's words, in names of media.
constexpr std::string_view kWord =
    "+/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
constexpr std::string_view kIceWord = kWord.substr(0, 64);
constexpr std::string_view kMidWord = kWord.substr(2);

// The lines that describe the payload type, with the profile of H.264.
constexpr const char* kVideoLines =
    "a=rtpmap:{0} H264/90000\r\n"
    "a=fmtp:{0} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={1}\r\n"
    "a=rtcp-fb:{0} nack\r\na=rtcp-fb:{0} nack pli\r\na=rtcp-fb:{0} ccm fir\r\n"
    "a=rtcp-fb:{0} transport-cc\r\n";
constexpr const char* kAudioLines =
    "a=rtpmap:{0} OPUS/48000/2\r\na=fmtp:{0} minptime=10;useinbandfec=1\r\n"
    "a=rtcp-fb:{0} transport-cc\r\n";

using Lines = std::vector<std::string_view>;

Error Malformed(const char* sentence) { return {Errc::kBadRequest, sentence}; }

Lines Split(std::string_view text, char at) {
  Lines parts;
  for (const auto split : std::views::split(text, at)) {
    std::string_view part(split.begin(), split.end());
    if (part.ends_with('\r')) part.remove_suffix(1);
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

bool IsOf(std::string_view text, std::string_view characters, std::size_t least, std::size_t most) {
  return text.size() >= least && text.size() <= most &&
         text.find_first_not_of(characters) == std::string_view::npos;
}

using Number = std::uint32_t;
std::optional<Number> ParseNumber(std::string_view text, Number least = 0,
                                  Number most = std::numeric_limits<Number>::max()) {
  const std::optional<Number> number = ParseInteger<Number>(text);
  return number && *number >= least && *number <= most ? number : std::nullopt;
}
std::optional<Number> ParsePayloadType(std::string_view text) { return ParseNumber(text, 0, 127); }

/// The text that follows `a=NAME:` in the only such line, or in equal ones; empty when they differ.
std::string_view OnlyValue(const Lines& lines, std::string_view prefix,
                           std::string_view if_missing = {}) {
  std::optional<std::string_view> found;
  for (const std::string_view line : lines) {
    if (!line.starts_with(prefix)) continue;
    const std::string_view value = line.substr(prefix.size());
    if (found && *found != value) return {};
    found = value;
  }
  return found.value_or(if_missing);
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

/// The description of a payload type: `NAME/RATE` and `KEY=VALUE;…`.
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
using Formats = std::map<Number, Format>;

Formats FormatsOf(const Lines& lines) {
  Formats formats;
  for (const std::string_view line : lines) {
    const bool is_name = line.starts_with("a=rtpmap:");
    const std::size_t space = line.find(' ');
    if ((!is_name && !line.starts_with("a=fmtp:")) || space == std::string_view::npos) continue;
    const std::size_t begin = line.find(':') + 1;
    const std::optional<Number> type = ParsePayloadType(line.substr(begin, space - begin));
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
std::optional<Number> ReadTransportCc(const Lines& lines) {
  constexpr std::string_view kPrefix = "a=extmap:";
  for (const std::string_view line : lines) {
    if (!line.starts_with(kPrefix) || !line.ends_with(kTransportCc)) continue;
    const auto id =
        ParseNumber(line.substr(kPrefix.size(), line.find(' ') - kPrefix.size()), 1, 14);
    if (id) return id;
  }
  return std::nullopt;
}

/// The SSRCs of who publishes a medium, in the order of its payload types.
std::vector<Number> ReadSources(const Lines& lines, bool are_repeated) {
  std::vector<Number> sources;
  bool has_name = false;
  for (const std::string_view line : lines) {
    const Lines words = WordsOf(line);
    if (words.size() == 3 && words[0] == "a=ssrc-group:FID" && are_repeated) {
      const auto first = ParseNumber(words[1]);
      const auto second = ParseNumber(words[2]);
      if (first && second && sources.empty()) sources = {*first, *second};
    }
    if (words.size() != 2 || !words[0].starts_with("a=ssrc:") || !words[1].starts_with("cname:")) {
      continue;
    }
    const auto source = ParseNumber(words[0].substr(words[0].find(':') + 1));
    has_name |= source.has_value();
    if (source && sources.empty()) sources = {*source};
  }
  return has_name ? sources : std::vector<Number>();
}

/// Reads the media of an offer, one after the other, and keeps the first fault.
class OfferReader {
 public:
  OfferReader(const std::vector<Lines>& sections, WebWay way)
      : way_(way),
        is_bundled_(sections.size() > 2),
        used_(sections.front()),
        bundled_(WordsOf(OnlyValue(sections.front(), "a=group:BUNDLE "))) {}

  void ReadMedium(const Lines& lines) {
    const Lines words = WordsOf(lines.front().substr(2));
    Require(words.size() >= 4, "m=: not a medium, a port, a transport and formats");
    if (fault_) return;
    const std::string_view mid = OnlyValue(lines, "a=mid:");
    const bool is_video = words[0] == "video";
    Require(is_video || words[0] == "audio", "m=: neither audio nor video");
    Require(words[2] == kTransport, "m=: not UDP/TLS/RTP/SAVPF");
    Require(ParsePayloadType(words[3]).has_value(), "m=: a format that is not a payload type");
    Require(IsOf(mid, kMidWord, 1, 16), "a=mid: missing, or not 1 to 16 letters and digits");
    Require(mids_.insert(mid).second, "a=mid: the same twice");
    OfferedMedium& medium = offer_.media.emplace_back(OfferedMedium{
        .is_video = is_video, .mid = std::string(mid), .first_format = std::string(words[3])});
    const bool is_wanted = words[1] != "0" || HasLine(lines, "a=bundle-only");
    if (!is_wanted || std::exchange(is_video ? has_video_ : has_audio_, true)) return;
    ReadCodec(lines, medium);
    Require(!is_bundled_ || HasLine(bundled_, mid), "a=group: the media must be bundled");
    used_.insert(used_.end(), lines.begin(), lines.end());
    used_mids_.push_back(mid);
  }

  /// The offer that was read, with the lines of the connection, which are the same for all media.
  Result<WebOffer> Finish() && {
    const std::string_view ufrag = OnlyValue(used_, "a=ice-ufrag:");
    const std::string_view password = OnlyValue(used_, "a=ice-pwd:");
    const std::string_view setup = OnlyValue(used_, "a=setup:", "actpass");
    offer_.fingerprint = OnlyValue(used_, "a=fingerprint:sha-256 ");
    Require(!texts_.empty(), "m=: no medium");
    Require(IsOf(ufrag, kIceWord, 4, 256),
            "a=ice-ufrag: missing, wrong or not the same for all media");
    Require(IsOf(password, kIceWord, 22, 256),
            "a=ice-pwd: missing, wrong or not the same for all media");
    Require(IsFingerprint(offer_.fingerprint),
            "a=fingerprint: no sha-256, or not the same for all media");
    Require(setup == "actpass" || setup == "active" || setup == "passive",
            "a=setup: wrong, or not the same for all media");
    if (fault_) return *fault_;
    offer_.text =
        fmt::format("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n",
                    fmt::join(used_mids_, " "));
    for (const std::string& medium : texts_) {
      offer_.text += fmt::format(
          "{}a=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:sha-256 {}\r\na=setup:{}\r\n", medium,
          ufrag, password, offer_.fingerprint, setup);
    }
    return std::move(offer_);
  }

 private:
  void Require(bool is_right, const char* sentence) {
    if (!is_right && !fault_) fault_ = Malformed(sentence);
  }

  void ReadCodec(const Lines& lines, OfferedMedium& medium) {
    const bool publishes = way_ == WebWay::kPublish;
    Require(HasLine(lines, "a=rtcp-mux"), "a=rtcp-mux: missing");
    Require(
        !HasLine(lines, publishes ? "a=recvonly" : "a=sendonly") && !HasLine(lines, "a=inactive"),
        publishes ? "a=recvonly: who publishes sends" : "a=sendonly: who plays receives");
    const Formats formats = FormatsOf(lines);
    int best = -1;
    for (const auto& [type, format] : formats) {
      const int rank = RankOf(format, medium.is_video);
      if (rank > best) medium.payload_type = type;
      best = std::max(best, rank);
    }
    if (!medium.payload_type && !fault_) {
      fault_ = {Errc::kContentRefused,
                medium.is_video ? "video: no H.264 with packetization-mode=1" : "audio: no Opus"};
    }
    if (fault_) return;
    std::vector<Number> types = {*medium.payload_type};
    for (const auto& [type, format] : formats) {
      const bool repeats = medium.is_video && format.name == "rtx/90000" &&
                           format.Parameter("apt") == fmt::to_string(types.front());
      if (repeats && types.size() == 1) types.push_back(type);
    }
    std::vector<Number> sources;
    if (publishes) sources = ReadSources(lines, types.size() > 1);
    const std::optional<Number> transport_cc = ReadTransportCc(lines);
    // Packets of both media are told apart by these: they share one connection.
    for (const Number type : types) {
      // With the marker bit these look like packets of RTCP (RFC 5761, section 4).
      Require(type < 64 || type > 95, "a=rtpmap: a payload type of 64 to 95, which RTCP uses");
      Require(types_.insert(type).second, "a=rtpmap: the same payload type in two media");
    }
    for (const Number source : sources) {
      Require(sources_.insert(source).second, "a=ssrc: the same in two media");
    }
    if (!offer_.transport_cc) offer_.transport_cc = transport_cc;
    Require(!transport_cc || transport_cc == offer_.transport_cc,
            "a=extmap: one extension with two numbers");
    const std::string_view profile = formats.at(types.front()).Parameter("profile-level-id");
    texts_.push_back(
        fmt::format("m={} 9 {} {}\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=rtcp-mux\r\n"
                    "a=rtcp-rsize\r\na=mid:{}\r\na={}\r\n",
                    medium.is_video ? "video" : "audio", kTransport, fmt::join(types, " "),
                    medium.mid, publishes ? "sendonly" : "recvonly"));
    std::string& to = texts_.back();
    if (transport_cc) to += fmt::format("a=extmap:{} {}\r\n", *transport_cc, kTransportCc);
    to += fmt::format(fmt::runtime(medium.is_video ? kVideoLines : kAudioLines), types.front(),
                      profile);
    if (types.size() > 1) {
      to += fmt::format("a=rtpmap:{0} rtx/90000\r\na=fmtp:{0} apt={1}\r\n", types[1], types[0]);
    }
    if (sources.size() > 1) to += fmt::format("a=ssrc-group:FID {}\r\n", fmt::join(sources, " "));
    // The name is the same for both media, whose times belong together.
    for (const Number source : sources) to += fmt::format("a=ssrc:{} cname:name\r\n", source);
  }

  const WebWay way_;
  const bool is_bundled_;
  std::optional<Error> fault_;
  Lines used_;  ///< lines of the session, and of the media that are used
  const Lines bundled_;
  WebOffer offer_;
  std::vector<std::string> texts_;
  Lines used_mids_;
  bool has_video_ = false;
  bool has_audio_ = false;
  std::set<std::string_view> mids_;
  std::set<Number> types_;
  std::set<Number> sources_;
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
  for (const Lines& section : sections | std::views::drop(1)) reader.ReadMedium(section);
  return std::move(reader).Finish();
}

}  // namespace rtcroom
