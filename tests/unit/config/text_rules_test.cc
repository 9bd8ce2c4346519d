#include "daemon/config/text_rules.h"

#include <initializer_list>
#include <string>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

void ExpectAll(TextRule rule, bool fine, std::initializer_list<std::string_view> texts) {
  for (const std::string_view text : texts) EXPECT_EQ(rule(text).empty(), fine) << text;
}

TEST(TextRules, PrefixIsAPathOfPlainNames) {
  ExpectAll(CheckPrefix, true, {"/weapp", "/a/b-c_d.e"});
  ExpectAll(CheckPrefix, false,
            {"", "/", "weapp", "/weapp/", "//weapp", "/a//b", "/a b", "/a?b", "/a%20", "/..",
             "/./a", "/\xe4\xb8\xad"});
  EXPECT_FALSE(CheckPrefix("/" + std::string(64, 'a')).empty());
}

TEST(TextRules, BaseUrlIsHttpsExceptOnLoopback) {
  ExpectAll(CheckBaseUrl, true,
            {"https://api.weixin.qq.com", "https://host:8443/path", "http://127.0.0.1:8080",
             "http://localhost", "http://[::1]:1", "https://host:65535"});
  ExpectAll(
      CheckBaseUrl, false,
      {"", "api.weixin.qq.com", "http://api.weixin.qq.com", "http://127.0.0.1.example.com",
       "https://", "https://user@host", "https://host:port", "https://host?x=1", "ftp://127.0.0.1",
       "https://host:65536", "https://host:0", "https://host/#a", "http://localhost@host"});
}

TEST(TextRules, HostMayHaveAPort) {
  ExpectAll(CheckOptionalHost, true, {"", "push.example.com", "127.0.0.1:1935", "[::1]:1935"});
  ExpectAll(CheckOptionalHost, false,
            {"rtmp://push.example.com", "push.example.com/live", "a b", "host:", "host:123456",
             "host:65536", "host:0", "host:+1"});
}

TEST(TextRules, StoreIsSqliteMemoryOrPostgres) {
  ExpectAll(CheckStoreUrl, true, {"memory:", "sqlite:rtcroomd.db", "sqlite:sub/rooms..db"});
  ExpectAll(CheckStoreUrl, false, {"", "sqlite:", "memory:x", "rtcroomd.db", "mysql://host"});
  ExpectAll(CheckStoreUrl, false,
            {"sqlite:/var/lib/rooms.db", "sqlite:../rooms.db", "sqlite:a/../../rooms.db"});
  ExpectAll(
      CheckStoreUrl, true,
      {"postgresql://", "postgresql://u:p@a,b:5433/rooms?sslmode=require", "postgres://h/db"});
  ExpectAll(CheckStoreUrl, false, {"postgresql:", "postgresql:h/db", "pg://h/db", "host=h"});
}

TEST(TextRules, PlaylistIsAWebUrlOfAStream) {
  ExpectAll(CheckOptionalHlsTemplate, true,
            {"", "http://127.0.0.1:8087/hls/{stream}.m3u8", "https://tv.example/{stream}"});
  ExpectAll(CheckOptionalHlsTemplate, false,
            {"rtmp://tv.example/{stream}", "http://{stream}.example/a", "https://tv.example/a",
             "https:///{stream}", "https://tv.example/{stream}?a=b",
             "https://a; script-src */{stream}", "https://tv.example/{stream}/{stream}"});
}

TEST(TextRules, PlayedUrlHasHostAndStream) {
  ExpectAll(CheckStreamTemplate, true,
            {"https://{host}/live/{stream}.flv", "rtmp://{host}/live/{stream}"});
  ExpectAll(CheckStreamTemplate, false,
            {"", "https://{host}/live/", "https://host/{stream}", "ftp://{host}/{stream}",
             "https://{host}/{stream}/{stream}", "https://{host}/ {stream}"});
}

TEST(TextRules, RtmpServerHasNoApplication) {
  ExpectAll(CheckRtmpServer, true,
            {"rtmp://127.0.0.1", "rtmp://media.example.com:1935", "rtmp://[::1]:1935"});
  ExpectAll(CheckRtmpServer, false,
            {"", "rtmp://", "127.0.0.1:1935", "http://127.0.0.1", "rtmp://host/live",
             "rtmp://host/", "rtmp://a b", "rtmp://host:0", "rtmp://user@host", "rtmp://host?a"});
}

TEST(TextRules, ProgramIsAnAbsolutePath) {
  ExpectAll(CheckProgram, true, {"/usr/bin/ffmpeg", "/opt/a b"});
  ExpectAll(CheckProgram, false, {"", "ffmpeg", "./ffmpeg", " /ffmpeg", "/ffmpeg\n"});
}

TEST(TextRules, PublicAddressIsOneOfEachFamilyAtMost) {
  ExpectAll(CheckPublicAddress, true, {"", "192.0.2.1", "2001:db8::1", "192.0.2.1,2001:db8::1"});
  ExpectAll(CheckPublicAddress, false,
            {"example.com", "192.0.2.1,", ",192.0.2.1", "192.0.2.1,192.0.2.2", "192.0.2.1:80",
             "192.0.2.1,2001:db8::1,192.0.2.2"});
}

TEST(TextRules, PortRangeIsTwoPortsInOrder) {
  ExpectAll(CheckPortRange, true, {"50000-50199", "1024-1024", "1024-65535"});
  ExpectAll(CheckPortRange, false,
            {"", "50000", "50000-", "-50000", "2-1", "1023-2000", "50199-50000", "50000-65536",
             "50000-50100-50199"});
}

TEST(TextRules, IceUrlIsARelayOrAServerOfStun) {
  ExpectAll(CheckIceUrl, true,
            {"turn:relay.example.com", "turn:192.0.2.1:3478?transport=udp",
             "turns:relay.example.com:443?transport=tcp", "stun:[2001:db8::1]:3478"});
  ExpectAll(CheckIceUrl, false,
            {"", "turn", "turn:", "http:host", "turn://host", "turn:host?transport=sctp",
             "stun:host?transport=udp", "turn:user@host", "turn:host:0"});
}

TEST(TextRules, StreamPartHasOnlyUrlSafeCharacters) {
  ExpectAll(CheckStreamPart, true, {"", "8888", "a_b-c"});
  ExpectAll(CheckStreamPart, false, {"88/88", "88&x", "a b"});
}

TEST(TextRules, FolderIsAbsoluteAndNotTheRoot) {
  ExpectAll(CheckOptionalFolder, true, {"", "/srv", "/srv/a b/", "/srv/.hidden"});
  ExpectAll(CheckOptionalFolder, false,
            {"/", "//", "/.", "/..", "/srv/..", "srv", "./srv", " /srv", "/srv\n"});
}

TEST(TextRules, UserIdHasTheFormOfASignableId) {
  ExpectAll(CheckUserId, true, {"administrator", "user_0001", "a@b"});
  ExpectAll(CheckUserId, false, {"", "a b", "a/b", "a?b", "a\"b", "a\\b", "\xe4\xb8\xad"});
  EXPECT_TRUE(CheckUserId(std::string(32, 'a')).empty());
  EXPECT_FALSE(CheckUserId(std::string(33, 'a')).empty());
}

TEST(TextRules, OriginHasSchemeHostAndPort) {
  ExpectAll(
      CheckOrigin, true,
      {"*", "null", "https://example.com", "http://localhost:3000", "weapp://game", "file://"});
  ExpectAll(CheckOrigin, false,
            {"", "example.com", "https://", "https://example.com/", "*.com", "file:///a"});
}

TEST(TextRules, AddressRangeIsAnAddressOrACidr) {
  ExpectAll(CheckAddressRange, true, {"10.0.0.1", "::1", "10.0.0.0/8", "fd00::/8", "0.0.0.0/0"});
  ExpectAll(CheckAddressRange, false, {"", "proxy.example.com", "10.0.0.1/8", "10.0.0.0/33", "*"});
}

TEST(TextRules, PlainTextHasNoControlCharacters) {
  ExpectAll(CheckPlainText, true, {"", "anything / goes", "\xe4\xb8\xad"});
  ExpectAll(CheckPlainText, false, {"a\nb", "a\tb", std::string_view("a\0b", 3), "\x7f"});
  EXPECT_FALSE(CheckPlainText(std::string(4097, 'a')).empty());
}

TEST(TextRules, GrpcAddressMayBeASocketOfTheFileSystem) {
  ExpectAll(CheckGrpcAddress, true, {"127.0.0.1:5759", "unix:/run/rtcroomd.sock"});
  const std::string longest = "unix:" + std::string(107, 'p');
  ExpectAll(CheckGrpcAddress, true, {longest});
  ExpectAll(CheckGrpcAddress, false, {"", "unix:", "host:1", longest + "p"});
  ExpectAll(CheckOptionalGrpcAddress, true, {"", "127.0.0.1:5759"});
  ExpectAll(CheckOptionalGrpcAddress, false, {"unix:"});
}

}  // namespace
}  // namespace rtcroom
