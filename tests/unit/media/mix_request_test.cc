#include "daemon/media/mix_request.h"

#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/matchers.h"
#include "tests/unit/media/mix_vectors.h"

namespace rtcroom {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

Json& Para(Json& params) { return params["interface"]["para"]; }
Json& Layout(Json& params, std::size_t input) {
  return Para(params)["input_stream_list"][input]["layout_params"];
}

/// The outcome when the layout of the second input has this member.
Result<MixRequest> ReadLayoutWith(const char* name, const Json& value) {
  Json params = MergeParams();
  Layout(params, 1)[name] = value;
  return ReadMergeParams(params);
}

TEST(MergeParams, AreReadAsClientsSendThem) {
  const Result<MixRequest> request = ReadMergeParams(MergeParams());
  ASSERT_OK(request);
  EXPECT_EQ(*request, HostWithTwoGuests());
}

TEST(MergeParams, MayHaveACanvas) {
  Json params = MergeParams();
  Layout(params, 0) = {
      {"image_layer", 1}, {"input_type", 3}, {"image_width", 720}, {"image_height", 640}};
  const Result<MixRequest> request = ReadMergeParams(params);
  ASSERT_OK(request);
  EXPECT_EQ(request->inputs[0].input_type, MixInputType::kCanvas);
  EXPECT_EQ(request->inputs[0].image_width, 720);
}

TEST(MergeParams, AcceptNumbersAsJavaScriptWritesThem) {
  const Result<MixRequest> request = ReadLayoutWith("location_y", 400.0);
  ASSERT_OK(request);
  EXPECT_EQ(*request, HostWithTwoGuests());
  EXPECT_OK(ReadLayoutWith("location_y", nullptr));
}

TEST(MergeParams, RefuseNumbersOutOfBounds) {
  for (const char* name : {"image_width", "image_height", "location_x", "location_y"}) {
    EXPECT_OK(ReadLayoutWith(name, 0));
    EXPECT_OK(ReadLayoutWith(name, kMaxMixPixels));
    for (const Json& bad :
         {Json(-1), Json(kMaxMixPixels + 1), Json(0.5), Json(1e300), Json("120"), Json(true),
          Json(Json::array()), Json(std::numeric_limits<std::uint64_t>::max()),
          Json(std::numeric_limits<std::int64_t>::min()),
          Json(std::numeric_limits<double>::quiet_NaN())}) {
      const Result<MixRequest> request = ReadLayoutWith(name, bad);
      EXPECT_ERROR(kBadRequest, request) << name << ": " << bad;
      EXPECT_THAT(request.error().detail, HasSubstr(name));
    }
  }
}

TEST(MergeParams, RefuseUnknownLayersAndTypes) {
  for (const int layer : {0, 17, -1})
    EXPECT_ERROR(kBadRequest, ReadLayoutWith("image_layer", layer));
  EXPECT_ERROR(kBadRequest, ReadLayoutWith("image_layer", nullptr));
  EXPECT_OK(ReadLayoutWith("image_layer", 16));
  for (const int type : {0, 3, 4, 5}) EXPECT_OK(ReadLayoutWith("input_type", type));
  for (const int type : {1, 2, 6, 256})
    EXPECT_ERROR(kBadRequest, ReadLayoutWith("input_type", type));
}

TEST(MergeParams, HaveOneToSixteenInputs) {
  Json params = MergeParams();
  Json& inputs = Para(params)["input_stream_list"];
  const Json one = inputs[1];
  inputs = Json::array();
  EXPECT_ERROR(kBadRequest, ReadMergeParams(params));
  for (std::size_t count = 1; count <= kMaxMixInputs; ++count) {
    inputs.push_back(one);
    EXPECT_OK(ReadMergeParams(params));
  }
  inputs.push_back(one);
  EXPECT_ERROR(kBadRequest, ReadMergeParams(params));
}

TEST(MergeParams, NameStreamsOfMembers) {
  for (const Json& bad : {Json(""), Json("a/b"), Json("a.b"), Json("a b"), Json("a\"b"),
                          Json("\u00e9"), Json(7), Json(nullptr), Json(std::string(256, 'a'))}) {
    Json params = MergeParams();
    Para(params)["output_stream_id"] = bad;
    EXPECT_ERROR(kBadRequest, ReadMergeParams(params)) << bad;
    params = MergeParams();
    Para(params)["input_stream_list"][2]["input_stream_id"] = bad;
    EXPECT_ERROR(kBadRequest, ReadMergeParams(params)) << bad;
  }
}

TEST(MergeParams, HaveTheShapeOfTheProtocol) {
  for (const Json& bad :
       {Json(nullptr), Json(Json::array()), Json(Json::object()), Json("text"),
        Json{{"interface", Json::array()}}, Json{{"interface", {{"para", "text"}}}}}) {
    EXPECT_ERROR(kBadRequest, ReadMergeParams(bad)) << bad;
  }
  for (const Json& bad :
       {Json(nullptr), Json(7), Json(Json::object()), Json{7}, Json{Json::object()},
        Json{{{"input_stream_id", "a"}}}, Json{{{"input_stream_id", "a"}, {"layout_params", 7}}}}) {
    Json params = MergeParams();
    Para(params)["input_stream_list"] = bad;
    EXPECT_ERROR(kBadRequest, ReadMergeParams(params)) << bad;
  }
}

TEST(MergeParams, AreNotQuotedInErrors) {
  Json params = MergeParams();
  Para(params)["output_stream_id"] = "a secret?";
  EXPECT_THAT(ReadMergeParams(params).error().detail, Not(HasSubstr("secret")));
}

TEST(MixRequest, MixesOnlyStreamsOfTheRoom) {
  const std::vector<std::string> members = {"8888_guest_1", "8888_guest_2", "8888_host"};
  EXPECT_OK(CheckMixStreams(HostWithTwoGuests(), members, "8888_host"));
  EXPECT_ERROR(kBadRequest, CheckMixStreams(HostWithTwoGuests(), members, "8888_guest_1"));
  EXPECT_ERROR(kBadRequest, CheckMixStreams(HostWithTwoGuests(), members, ""));
  for (std::size_t absent = 0; absent < members.size(); ++absent) {
    std::vector<std::string> others = members;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(absent));
    EXPECT_ERROR(kBadRequest, CheckMixStreams(HostWithTwoGuests(), others, "8888_host"));
  }
}

TEST(MixRequest, EndsAMixWithOneInput) {
  EXPECT_TRUE(EndsMix(HostAlone()));
  EXPECT_FALSE(EndsMix(HostWithTwoGuests()));
}

TEST(MixRequest, TypesItsOutputByItsInputs) {
  MixRequest request = HostWithTwoGuests();
  EXPECT_EQ(OutputStreamType(request), 0);
  request.output = "8888_mix";
  EXPECT_EQ(OutputStreamType(request), 1);
}

TEST(MixSession, IsTheOutputWhereTheServiceAllowsIt) {
  EXPECT_EQ(MixSession("8888_host"), "8888_host");
  EXPECT_EQ(MixSession(std::string(64, 'a')), std::string(64, 'a'));
}

// Otherwise the member of another room whose name looks alike could end the mix.
TEST(MixSession, DiffersBetweenOutputsThatLookAlike) {
  EXPECT_NE(MixSession("8888_a-b"), MixSession("8888_a_b"));
  EXPECT_NE(MixSession(std::string(65, 'a')), MixSession(std::string(66, 'a')));
  const std::string session = MixSession("8888_a-b");
  EXPECT_EQ(session, "34828a0e101754244d88ab0fbf465aa445ebf06b54e8da4f33f8a2d7f9f7b8eb_");
  EXPECT_NE(MixSession(session), session);
}

TEST(MixSession, HasTheFormOfTheService) {
  for (const std::string& output : {std::string("a-b"), std::string(255, '-')}) {
    const std::string session = MixSession(output);
    EXPECT_LE(session.size(), 80u);
    EXPECT_EQ(session.find_first_not_of("abcdefghijklmnopqrstuvwxyz"
                                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace rtcroom
