// Access control: certificates and the token.
#include <filesystem>
#include <fstream>
#include <sstream>

#include <google/protobuf/descriptor.h>
#include <rtcroom/v1/membership_notifier.pb.h>

#include "tests/unit/grpc/grpc_fixture.h"
#include "tests/unit/grpc/health_client.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kFollowMixes = "/rtcroom.v1.RoomAdmin/FollowMixes";
constexpr const char* kServeWeb = "/rtcroom.v1.RoomAdmin/ServeWeb";
constexpr const char* kReflection =
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

/// A ServerReflectionRequest for the names of all services.
grpc::ByteBuffer ListServices() {
  const grpc::Slice slice(std::string("\x3a\x00", 2));
  return {&slice, 1};
}

class GrpcTokenTest : public GrpcTest {
 protected:
  void SetUp() override {
    ASSERT_OK(Start({.listen = {"127.0.0.1:0"}, .token = Secret("a token for tests")}));
  }

  grpc::Status Call(const std::string& method, const std::string& token = {},
                    const grpc::ByteBuffer& request = {}) {
    const grpc::ByteBuffer one = request.Valid() ? request : Empty();
    return CallOnce(channel(), method, one, &response_, token);
  }
  static grpc::ByteBuffer Empty() {
    const grpc::Slice slice;
    return {&slice, 1};
  }
  const std::shared_ptr<grpc::Channel>& channel() {
    if (!channel_) channel_ = Connect();
    return channel_;
  }
  std::string Response() {
    grpc::Slice bytes;
    EXPECT_TRUE(response_.DumpToSingleSlice(&bytes).ok());
    return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
  }

  /// `/package.Service/Method` of each of our methods.
  static std::vector<std::string> Methods() {
    std::vector<std::string> methods;
    for (const google::protobuf::FileDescriptor* file :
         {v1::GetRoomRequest::descriptor()->file(), v1::WatchRequest::descriptor()->file()}) {
      for (int i = 0; i < file->service_count(); ++i) {
        const google::protobuf::ServiceDescriptor& service = *file->service(i);
        for (int j = 0; j < service.method_count(); ++j) {
          methods.push_back("/" + service.full_name() + "/" + service.method(j)->name());
        }
      }
    }
    return methods;
  }

  grpc::ByteBuffer response_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(GrpcTokenTest, IsRequiredByEveryMethod) {
  std::vector<std::string> methods = Methods();
  ASSERT_GE(methods.size(), 6u);
  methods.emplace_back(kReflection);
  methods.emplace_back("/no.such.Service/Method");
  for (const std::string& method : methods) {
    EXPECT_THAT(Call(method), HasCode(grpc::UNAUTHENTICATED)) << method;
    EXPECT_THAT(Call(method, "another token"), HasCode(grpc::UNAUTHENTICATED)) << method;
  }
}

TEST_F(GrpcTokenTest, AuthorizesCalls) {
  for (const std::string& method : Methods()) {
    EXPECT_THAT(Call(method, "a token for tests"), Not(HasCode(grpc::UNAUTHENTICATED))) << method;
  }
  EXPECT_THAT(Call(kReflection, "a token for tests", ListServices()), HasCode(grpc::OK));
  EXPECT_THAT(Response(), HasSubstr(RoomAdmin::kName));
  EXPECT_THAT(Response(), HasSubstr("grpc.health.v1.Health"));
}

TEST_F(GrpcTokenTest, IsComparedAsAWhole) {
  for (const char* wrong : {"", "a token for test", "a token for testss", "A token for tests"}) {
    grpc::ClientContext context;
    SetDeadline(context);
    context.AddMetadata("authorization", std::string("Bearer ") + wrong);
    v1::GetServerInfoResponse response;
    EXPECT_THAT(v1::RoomAdmin::NewStub(channel())->GetServerInfo(&context, {}, &response),
                HasCode(grpc::UNAUTHENTICATED))
        << wrong;
  }
  for (const char* scheme : {"", "Basic ", "bearer"}) {
    grpc::ClientContext context;
    SetDeadline(context);
    context.AddMetadata("authorization", std::string(scheme) + "a token for tests");
    v1::GetServerInfoResponse response;
    EXPECT_THAT(v1::RoomAdmin::NewStub(channel())->GetServerInfo(&context, {}, &response),
                HasCode(grpc::UNAUTHENTICATED))
        << scheme;
  }
}

TEST_F(GrpcTokenTest, IsRejectedIfGivenSeveralTimes) {
  grpc::ClientContext context;
  SetDeadline(context);
  context.AddMetadata("authorization", "Bearer wrong");
  context.AddMetadata("authorization", "Bearer a token for tests");
  v1::GetServerInfoResponse response;
  EXPECT_THAT(v1::RoomAdmin::NewStub(channel())->GetServerInfo(&context, {}, &response),
              HasCode(grpc::UNAUTHENTICATED));
}

TEST_F(GrpcTokenTest, IsNotRequiredForHealth) {
  EXPECT_EQ(CheckHealth(channel(), ""), Health::kServing);
}

class GrpcWorkersTest : public GrpcTokenTest {
 protected:
  void SetUp() override {
    ASSERT_OK(Start({.listen = {"127.0.0.1:0"},
                     .worker_listen = {"unix:" + (directory_.path() / "workers").string()},
                     .token = Secret("a token for tests")}));
    channel_ = Connect(grpc::InsecureChannelCredentials(), server_->worker_addresses().front());
  }
};

TEST_F(GrpcWorkersTest, MakeTheirCallsWithoutAToken) {
  for (const char* method : {kFollowMixes, kServeWeb}) {
    EXPECT_THAT(Call(method), HasCode(grpc::FAILED_PRECONDITION))
        << method << " reaches the service, which wants neither mixes nor sessions";
  }
  EXPECT_EQ(CheckHealth(channel(), ""), Health::kServing);
}

TEST_F(GrpcWorkersTest, MakeNoOtherCallWhateverTokenTheyHave) {
  std::vector<std::string> methods = Methods();
  for (const char* other : {kReflection, "/rtcroom.v1.RoomAdmin/ServeWeb/",
                            "/rtcroom.v1.roomadmin/ServeWeb", "/no.such.Service/Method"}) {
    methods.emplace_back(other);
  }
  std::size_t refused = 0;
  for (const std::string& method : methods) {
    if (method == kFollowMixes || method == kServeWeb) continue;
    ++refused;
    EXPECT_THAT(Call(method), HasCode(grpc::PERMISSION_DENIED)) << method;
    EXPECT_THAT(Call(method, "a token for tests"), HasCode(grpc::PERMISSION_DENIED)) << method;
  }
  EXPECT_EQ(refused, methods.size() - 2);
}

TEST_F(GrpcWorkersTest, TakeNothingFromTheTokenOfOperators) {
  channel_ = Connect();
  for (const std::string& method : Methods()) {
    EXPECT_THAT(Call(method), HasCode(grpc::UNAUTHENTICATED)) << method;
    EXPECT_THAT(
        Call(method, "a token for tests"),
        Not(testing::AnyOf(HasCode(grpc::UNAUTHENTICATED), HasCode(grpc::PERMISSION_DENIED))))
        << method;
  }
}

class GrpcTlsTest : public GrpcTest {
 protected:
  GrpcTlsTest() {
    for (const char* name : {"server", "client", "stranger"}) {
      WriteTestCertificate(Path(name, "cert"), Path(name, "key"));
    }
  }

  [[nodiscard]] std::string Path(const std::string& name, const std::string& part) const {
    return (directory_.path() / (name + "." + part)).string();
  }
  [[nodiscard]] std::string Pem(const std::string& name, const std::string& part) const {
    std::ostringstream content;
    content << std::ifstream(Path(name, part)).rdbuf();
    return content.str();
  }
  [[nodiscard]] GrpcTlsFiles Files(const std::string& client_ca) const {
    return {.cert = Path("server", "cert"),
            .key = Path("server", "key"),
            .client_ca = client_ca.empty() ? "" : Path(client_ca, "cert")};
  }
  /// @param own  name of the client certificate; empty: none.
  [[nodiscard]] std::shared_ptr<grpc::ChannelCredentials> Credentials(
      const std::string& own, const std::string& trusted = "server") const {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = Pem(trusted, "cert");
    if (!own.empty()) {
      options.pem_private_key = Pem(own, "key");
      options.pem_cert_chain = Pem(own, "cert");
    }
    return grpc::SslCredentials(options);
  }
  Status StartTls(const std::string& client_ca, const std::string& listen = "127.0.0.1:0") {
    GrpcServerOptions options = Options(listen);
    options.tls = Files(client_ca);
    return Start(std::move(options));
  }
};

TEST_F(GrpcTlsTest, AcceptsClientsWithACertificate) {
  ASSERT_OK(StartTls("client"));
  EXPECT_THAT(AskInfo(Connect(Credentials("client"))), HasCode(grpc::OK));
}

TEST_F(GrpcTlsTest, RefusesClientsWithoutACertificateInTheHandshake) {
  WriteTestCertificate(Path("server", "cert"), Path("server", "key"),
                       {.alternative = "IP:0.0.0.0"});
  ASSERT_OK(StartTls("client", "0.0.0.0:0"));
  EXPECT_THAT(AskInfo(Connect(Credentials("client"))), HasCode(grpc::OK));
  EXPECT_THAT(AskInfo(Connect(Credentials(""))), HasCode(grpc::UNAVAILABLE));
  EXPECT_THAT(AskInfo(Connect(Credentials("stranger"))), HasCode(grpc::UNAVAILABLE));
  EXPECT_THAT(AskInfo(Connect()), HasCode(grpc::UNAVAILABLE)) << "without TLS";
}

TEST_F(GrpcTlsTest, PresentsItsCertificate) {
  ASSERT_OK(StartTls("client"));
  EXPECT_THAT(AskInfo(Connect(Credentials("client", "stranger"))), HasCode(grpc::UNAVAILABLE));
}

TEST_F(GrpcTlsTest, AcceptsLocalClientsWithTheTokenOnly) {
  EXPECT_ERROR(kUnavailable, Start({.listen = {"127.0.0.1:0"}, .tls = Files("")}));
  ASSERT_OK(
      Start({.listen = {"127.0.0.1:0"}, .tls = Files(""), .token = Secret("a token for tests")}));
  EXPECT_THAT(AskInfo(Connect(Credentials("")), "a token for tests"), HasCode(grpc::OK));
  EXPECT_THAT(AskInfo(Connect(Credentials(""))), HasCode(grpc::UNAUTHENTICATED));
}

TEST_F(GrpcTlsTest, NeedsNoTokenWithMutualTls) {
  ASSERT_OK(Start({.listen = {"127.0.0.1:0"}, .tls = Files("client")}));
  EXPECT_THAT(AskInfo(Connect(Credentials("client"))), HasCode(grpc::OK));
}

TEST_F(GrpcTlsTest, ProtectsAUnixSocketToo) {
  ASSERT_OK(StartTls("client", "unix:" + (directory_.path() / "s").string()));
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride("localhost");
  EXPECT_THAT(AskInfo(grpc::CreateCustomChannel(server_->bound_address(), Credentials("client"),
                                                arguments)),
              HasCode(grpc::OK));
  EXPECT_THAT(AskInfo(Connect()), HasCode(grpc::UNAVAILABLE)) << "without TLS";
}

TEST_F(GrpcTlsTest, IsRequiredForRemoteClients) {
  EXPECT_ERROR(kUnavailable, StartTls("", "0.0.0.0:0"));
  ASSERT_OK(StartTls("client", "0.0.0.0:0"));
}

TEST_F(GrpcTlsTest, IsRequiredForWorkersOnAPort) {
  for (const GrpcTlsFiles& files : {GrpcTlsFiles(), Files("")}) {
    GrpcServerOptions options = Options();
    options.worker_listen = {"127.0.0.1:0"};
    options.tls = files;
    options.token = Secret("a token for tests");
    const Status started = Start(std::move(options));
    ASSERT_FALSE(started.ok());
    EXPECT_THAT(started.error().detail, HasSubstr("workers need TLS"));
  }
}

TEST_F(GrpcTlsTest, OfWorkersOpensTheirListenerOnly) {
  ASSERT_OK(Start({.listen = {"127.0.0.1:0"},
                   .worker_listen = {"127.0.0.1:0"},
                   .tls = Files("client"),
                   .token = Secret("a token for tests")}));
  const std::string workers = server_->worker_addresses().front();
  const grpc::Status denied = AskInfo(Connect(Credentials("client"), workers));
  EXPECT_THAT(denied, HasCode(grpc::PERMISSION_DENIED));
  EXPECT_THAT(AskInfo(Connect(Credentials("client"))), HasCode(grpc::UNAUTHENTICATED));
  EXPECT_THAT(AskInfo(Connect(Credentials("stranger"), workers)), HasCode(grpc::UNAVAILABLE));
  ASSERT_OK(server_->ReloadTls(Files("stranger")));
  EXPECT_THAT(AskInfo(Connect(Credentials("stranger"), workers)), HasCode(grpc::PERMISSION_DENIED));
}

TEST_F(GrpcTlsTest, IsNotForTheSocketOfWorkers) {
  ASSERT_OK(Start({.listen = {"127.0.0.1:0"},
                   .worker_listen = {"unix:" + (directory_.path() / "workers").string()},
                   .tls = Files("client")}));
  const grpc::Status denied =
      AskInfo(Connect(grpc::InsecureChannelCredentials(), server_->worker_addresses().front()));
  EXPECT_THAT(denied, HasCode(grpc::PERMISSION_DENIED)) << "it is understood";
}

TEST_F(GrpcTlsTest, ReportsTheExpiryOfItsCertificate) {
  ASSERT_OK(Start(Options()));
  EXPECT_EQ(server_->certificate_expiry(), std::nullopt) << "without TLS";
  ASSERT_OK(StartTls("client"));
  EXPECT_GT(server_->certificate_expiry(), system_clock_.Now());
}

TEST_F(GrpcTlsTest, AppliesRenewedCertificates) {
  ASSERT_OK(StartTls("client"));
  const auto before = Connect(Credentials("client"));
  EXPECT_THAT(AskInfo(before), HasCode(grpc::OK));
  GrpcTlsFiles renewed = Files("stranger");
  renewed.cert = Path("stranger", "cert");
  EXPECT_ERROR(kUnavailable, server_->ReloadTls(renewed)) << "the key does not match";
  EXPECT_THAT(AskInfo(Connect(Credentials("client"))), HasCode(grpc::OK));
  renewed.key = Path("stranger", "key");
  ASSERT_OK(server_->ReloadTls(renewed));
  EXPECT_THAT(AskInfo(Connect(Credentials("stranger", "stranger"))), HasCode(grpc::OK));
  EXPECT_THAT(AskInfo(Connect(Credentials("client", "stranger"))), HasCode(grpc::UNAVAILABLE));
  EXPECT_THAT(AskInfo(before), HasCode(grpc::OK)) << "open connections keep their certificate";
}

TEST_F(GrpcTlsTest, KeepsAValidCertificateInsteadOfAnExpiredOne) {
  ASSERT_OK(StartTls("client"));
  const std::optional<TimePoint> before = server_->certificate_expiry();
  const GrpcTlsFiles files = Files("client");
  WriteTestCertificate(files.cert, files.key, {},
                       {.begins = std::chrono::hours(-48), .ends = std::chrono::hours(-24)});
  const Status reloaded = server_->ReloadTls(files);
  ASSERT_FALSE(reloaded.ok());
  EXPECT_THAT(reloaded.error().detail, HasSubstr("expired at "));
  EXPECT_EQ(server_->certificate_expiry(), before);
}

TEST_F(GrpcTlsTest, ReloadDoesNotAllowRemoteClients) {
  ASSERT_OK(StartTls("client", "0.0.0.0:0"));
  EXPECT_ERROR(kUnavailable, server_->ReloadTls(Files("")));
  EXPECT_ERROR(kUnavailable, server_->ReloadTls({}));
  EXPECT_OK(server_->ReloadTls(Files("stranger")));
}

TEST_F(GrpcTlsTest, IsNotEnabledByAReload) {
  ASSERT_OK(Start(Options()));
  EXPECT_OK(server_->ReloadTls({})) << "there is no certificate to renew";
  EXPECT_ERROR(kUnavailable, server_->ReloadTls(Files("client")));
  EXPECT_THAT(AskInfo(Connect()), HasCode(grpc::OK));
}

TEST_F(GrpcTlsTest, NamesAnUnusableFile) {
  GrpcTlsFiles files = Files("client");
  files.client_ca = Path("nobody", "cert");
  const Result<GrpcCertificates> missing = LoadGrpcCertificates(files);
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(missing.error().detail, HasSubstr("nobody.cert"));
  files.client_ca = Path("client", "key");
  const Result<GrpcCertificates> useless = LoadGrpcCertificates(files);
  ASSERT_FALSE(useless.ok());
  EXPECT_THAT(useless.error().detail, HasSubstr("client.key"));
}

}  // namespace
}  // namespace rtcroom
