#include "daemon/web/sdp_offer.h"

#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/web/sdp_answer.h"
#include "tests/support/web_offers.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A third medium, as of a second camera.
std::string WithSecondCamera(std::string offer) {
  const std::string video = offer.substr(offer.find("m=video"));
  return Replaced(offer, "BUNDLE 0 1", "BUNDLE 0 1 2") + Replaced(video, "a=mid:1", "a=mid:2");
}

TEST(SdpOffer, ReadsWhatAPublisherSends) {
  const std::string sent = Replaced(BrowserOffer("sendonly"), "cname:name", "cname:{a~b}");
  const Result<WebOffer> offer = ReadOffer(sent, WebWay::kPublish);
  ASSERT_TRUE(offer) << offer.error().detail;
  EXPECT_EQ(offer->fingerprint, kFingerprint);
  ASSERT_EQ(offer->media.size(), 2U);
  const OfferedMedium& audio = offer->media[0];
  EXPECT_FALSE(audio.is_video);
  EXPECT_EQ(audio.payload_type, 111);
  const OfferedMedium& video = offer->media[1];
  EXPECT_TRUE(video.is_video);
  EXPECT_EQ(video.mid, "1");
  EXPECT_EQ(video.payload_type, 108) << "constrained baseline, with packetization-mode 1";
  for (const char* const line :
       {"a=ice-ufrag:Rn1U", "a=ice-pwd:x+R3M1DiHT+4PP+ijH+Ifd6x", "a=setup:actpass", "a=sendonly",
        "a=ssrc:15 cname:name", "a=ssrc-group:FID 16 17", "a=ssrc:17 cname:name",
        "a=rtpmap:109 rtx/90000", "a=fmtp:109 apt=108", "a=rtcp-fb:108 nack pli",
        "a=extmap:3 http://www.ietf.org/id/"}) {
    EXPECT_THAT(offer->text, HasSubstr(std::string("\r\n") + line));
  }
  EXPECT_EQ(offer->transport_cc, 3U);
}

TEST(SdpOffer, IsWrittenOfKnownLinesOnly) {
  const Result<WebOffer> offer = ReadOffer(BrowserOffer("recvonly"), WebWay::kPlay);
  ASSERT_TRUE(offer) << offer.error().detail;
  const std::string& written = offer->text;
  for (const char* const dropped : {"candidate", "orientation", "VP8", "PCMU", "msid", "a=ssrc"}) {
    EXPECT_THAT(written, Not(HasSubstr(dropped)));
  }
  EXPECT_THAT(written, HasSubstr("m=video 9 UDP/TLS/RTP/SAVPF 108 109\r\n"));
  EXPECT_THAT(written, HasSubstr("a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;"
                                 "profile-level-id=42e01f\r\n"));
  EXPECT_THAT(written, HasSubstr("a=rtcp-fb:108 transport-cc\r\n"));
  EXPECT_THAT(written, HasSubstr("a=recvonly"));
  const Result<WebOffer> again = ReadOffer(written, WebWay::kPlay);
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_EQ(again->text, written);
}

TEST(SdpOffer, ReadsOneMediumWithoutAGroup) {
  std::string offer = Replaced(BrowserOffer("sendonly"), "a=group:BUNDLE 0 1\r\n", "");
  EXPECT_FALSE(ReadOffer(offer, WebWay::kPublish)) << "two have to be bundled";
  offer = offer.substr(0, offer.find("m=video"));
  const Result<WebOffer> read = ReadOffer(offer, WebWay::kPublish);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->media.size(), 1U);
}

TEST(SdpOffer, UsesTheFirstMediumOfEachKind) {
  const Result<WebOffer> offer =
      ReadOffer(WithSecondCamera(BrowserOffer("sendonly")), WebWay::kPublish);
  ASSERT_TRUE(offer) << offer.error().detail;
  ASSERT_EQ(offer->media.size(), 3U);
  EXPECT_TRUE(offer->media[1].payload_type);
  EXPECT_FALSE(offer->media[2].payload_type);
  EXPECT_THAT(offer->text, Not(HasSubstr("a=mid:2")));
}

struct Broken {
  const char* what;
  const char* with;
  const char* fault;  ///< how the error begins
};
void PrintTo(const Broken& broken, std::ostream* out) { *out << broken.what; }

class BrokenOffer : public testing::TestWithParam<Broken> {};

TEST_P(BrokenOffer, IsRefusedWithOneLineThatNamesTheField) {
  const std::string offer = Replaced(BrowserOffer("sendonly"), GetParam().what, GetParam().with);
  const Result<WebOffer> read = ReadOffer(offer, WebWay::kPublish);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::kBadRequest);
  EXPECT_THAT(read.error().detail, StartsWith(GetParam().fault));
  EXPECT_THAT(read.error().detail, Not(HasSubstr("\n")));
}

INSTANTIATE_TEST_SUITE_P(
    Fields, BrokenOffer,
    testing::Values(
        Broken{"v=0", "v=1", "v=: "}, Broken{"s=-", "s", "offer: a line"},
        Broken{"s=-", "s=\x01", "offer: bytes"}, Broken{"s=-", "s=\xc3\xa4", "offer: bytes"},
        Broken{"m=audio", "m=application", "m=: neither"},
        Broken{"UDP/TLS/RTP/SAVPF", "RTP/AVP", "m=: not UDP"},
        Broken{"m=audio 9 UDP/TLS/RTP/SAVPF 111 0", "m=audio 9", "m=: not a medium"},
        Broken{"SAVPF 111", "SAVPF 128", "m=: a format"},
        Broken{"a=mid:1\r\n", "", "a=mid: missing"},
        Broken{"a=mid:1", "a=mid:0", "a=mid: the same twice"},
        Broken{":111 opus", ":64 opus", "a=rtpmap: a payload type of 64 to 95"},
        Broken{":109", ":95", "a=rtpmap: a payload type of 64 to 95"},
        Broken{":111 opus", ":108 opus", "a=rtpmap: the same"},
        Broken{":111 opus", ":109 opus", "a=rtpmap: the same"},
        Broken{"a=ssrc:15", "a=ssrc:17", "a=ssrc: the same"},
        Broken{"a=extmap:13 urn:3gpp:video-orientation",
               "a=extmap:4 http://www.ietf.org/id/"
               "draft-holmer-rmcat-transport-wide-cc-extensions-01",
               "a=extmap: one extension"},
        Broken{"a=rtcp-mux\r\n", "", "a=rtcp-mux"},
        Broken{"a=sendonly", "a=recvonly", "a=recvonly"},
        Broken{"a=sendonly", "a=inactive", "a=recvonly"},
        Broken{"a=ice-ufrag:Rn1U", "a=ice-ufrag:Rn1", "a=ice-ufrag"},
        Broken{"a=ice-ufrag:Rn1U", "a=ice-ufrag:R U U", "a=ice-ufrag"},
        Broken{"x+R3M1DiHT+4PP+ijH+Ifd6x", "short", "a=ice-pwd"},
        Broken{"sha-256", "sha-1", "a=fingerprint"}, Broken{"E6:D1", "E6-D1", "a=fingerprint"},
        Broken{"E6:D1", "GG:D1", "a=fingerprint"}, Broken{"actpass", "holdconn", "a=setup"}));

TEST(SdpOffer, IsOfOnePeer) {
  std::string offer = BrowserOffer("sendonly");
  offer.replace(offer.rfind("Rn1U"), 4, "Else");
  EXPECT_THAT(ReadOffer(offer, WebWay::kPublish).error().detail, StartsWith("a=ice-ufrag"));
}

TEST(SdpOffer, IsBounded) {
  const std::string offer = BrowserOffer("sendonly");
  std::string many = offer;
  for (int i = 0; i < 1200; ++i) many += "a=x\r\n";
  EXPECT_THAT(ReadOffer(many, WebWay::kPublish).error().detail, HasSubstr("1200 lines"));
  EXPECT_THAT(
      ReadOffer(offer + "a=" + std::string(kMaxOfferBytes, 'x'), WebWay::kPublish).error().detail,
      HasSubstr("32 KiB"));
  EXPECT_THAT(
      ReadOffer(WithSecondCamera(WithSecondCamera(WithSecondCamera(offer))), WebWay::kPublish)
          .error()
          .detail,
      HasSubstr("1 to 4 media"));
}

TEST(SdpOffer, WithoutTheCodecsIsRefusedByAnotherCode) {
  for (const auto& [what, with] :
       {std::tuple("opus/48000/2", "opus/16000"), std::tuple("H264/90000", "VP9/90000"),
        std::tuple("packetization-mode=1", "packetization-mode=2")}) {
    const Result<WebOffer> read =
        ReadOffer(Replaced(BrowserOffer("sendonly"), what, with), WebWay::kPublish);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::kContentRefused) << what;
  }
}

constexpr const char* kAnswer =
    "v=0\r\na=group:BUNDLE 0 1\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n"
    "a=candidate:1 1 UDP 2015363327 10.0.0.2 50000 typ host\r\n"
    "a=candidate:2 1 UDP 2015363327 fd00::2 50001 typ host\r\n"
    "a=candidate:3 1 TCP 1015021823 10.0.0.2 9 typ host tcptype active\r\n"
    "a=candidate:4 1 TCP 1010827519 10.0.0.2 50002 typ host tcptype passive\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 108\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\n"
    "a=fmtp:108 packetization-mode=1\r\n";

WebOffer PublishersOffer() { return *ReadOffer(BrowserOffer("sendonly"), WebWay::kPublish); }

TEST(SdpAnswer, TellsPublicAddressesInsteadOfItsOwn) {
  const std::string answer = FinishAnswer(kAnswer, PublishersOffer(), {.public_v4 = "192.0.2.1"});
  EXPECT_THAT(answer, HasSubstr("UDP 2015363327 192.0.2.1 50000 typ host\r\n"));
  EXPECT_THAT(answer, HasSubstr(" fd00::2 50001 "));
  EXPECT_THAT(answer, Not(HasSubstr("10.0.0.2")));
  EXPECT_THAT(FinishAnswer(kAnswer, PublishersOffer(), {.public_v6 = "2001:db8::1"}),
              HasSubstr(" 2001:db8::1 50001 "));
}

TEST(SdpAnswer, TellsOfPassiveTcpOnly) {
  const std::string answer = FinishAnswer(kAnswer, PublishersOffer(), {});
  EXPECT_THAT(answer, HasSubstr("tcptype passive"));
  EXPECT_THAT(answer, Not(HasSubstr("tcptype active")));
}

TEST(SdpAnswer, BoundsThePictureOnly) {
  const std::string answer = FinishAnswer(kAnswer, PublishersOffer(), {.max_kbps = 2500});
  EXPECT_THAT(answer, HasSubstr("m=video 9 UDP/TLS/RTP/SAVPF 108\r\nc=IN IP4 0.0.0.0\r\n"
                                "b=AS:2500\r\n"));
  EXPECT_THAT(answer, HasSubstr("packetization-mode=1;x-google-max-bitrate=2500\r\n"));
  EXPECT_EQ(answer.find("b=AS"), answer.rfind("b=AS"));
}

TEST(SdpAnswer, RejectsOtherMediaInTheirPlaces) {
  const Result<WebOffer> offer =
      ReadOffer(WithSecondCamera(BrowserOffer("sendonly")), WebWay::kPublish);
  ASSERT_TRUE(offer);
  EXPECT_THAT(FinishAnswer(kAnswer, *offer, {}),
              testing::EndsWith("m=video 0 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\n"
                                "a=inactive\r\n"));
}

TEST(SdpAnswer, IsOfNoUseWithoutACandidate) {
  EXPECT_EQ(FinishAnswer("v=0\r\n", PublishersOffer(), {}), "");
}

}  // namespace
}  // namespace rtcroom
