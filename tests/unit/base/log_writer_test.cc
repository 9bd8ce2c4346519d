#include "daemon/base/log_writer.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "daemon/base/file_descriptor.h"
#include "tests/support/eventually.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::SizeIs;

/// The minimum pipe size of the kernel.
constexpr int kPipeBytes = 4096;
/// More than the pipe and the queue of this test hold.
constexpr int kManyLines = 1000;
constexpr std::size_t kWaitingBytes = 20'000;

std::string Padded(const std::string& text) { return text + std::string(100, '.') + "\n"; }

class LogWriterTest : public testing::Test {
 protected:
  LogWriterTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    reader_ = FileDescriptor(ends[0]);
    pipe_ = FileDescriptor(ends[1]);
    EXPECT_GE(::fcntl(pipe_.get(), F_SETPIPE_SZ, kPipeBytes), 0);
  }
  /// A thread left behind by a writer ends when the pipe has no reader. Until then it uses the
  /// pipe, which therefore stays open.
  ~LogWriterTest() override {
    writer_.reset();
    reader_ = FileDescriptor();
    (void)pipe_.Release();
  }

  /// Afterwards a writer can dequeue at most one line.
  void FillPipe() {
    ASSERT_EQ(::fcntl(pipe_.get(), F_SETFL, O_NONBLOCK), 0);
    const std::string line = Padded("full");
    while (::write(pipe_.get(), line.data(), line.size()) > 0) {
    }
    ASSERT_EQ(::fcntl(pipe_.get(), F_SETFL, 0), 0);
  }

  void MakeWriter() { writer_ = std::make_unique<LogWriter>(pipe_.get(), kWaitingBytes); }

  /// @return the number of dropped lines out of `count`.
  std::uint64_t WriteMany(LogLevel level, int count = kManyLines) {
    const std::uint64_t before = writer_->dropped(level);
    for (int i = 0; i < count; ++i) {
      writer_->Write(level, Padded(std::to_string(i) + " " + std::string(LogLevelName(level))));
    }
    return writer_->dropped(level) - before;
  }

  /// Reads until a line contains `last`.
  std::vector<std::string> ReadUntil(const std::string& last) {
    std::string text;
    std::array<char, kPipeBytes> piece{};
    while (text.find(last) == std::string::npos || !text.ends_with('\n')) {
      const ssize_t got = ::read(reader_.get(), piece.data(), piece.size());
      if (got <= 0) break;
      text.append(piece.data(), static_cast<std::size_t>(got));
    }
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }

  FileDescriptor reader_;
  FileDescriptor pipe_;
  std::unique_ptr<LogWriter> writer_;
};

/// The numbers of the lines of a level, in the order written.
std::vector<int> NumbersOf(const std::vector<std::string>& lines, const std::string& level) {
  std::vector<int> numbers;
  for (const std::string& line : lines) {
    if (line.find(" " + level) != std::string::npos) numbers.push_back(std::stoi(line));
  }
  return numbers;
}

TEST_F(LogWriterTest, WritesLinesOfAllLevelsInOrder) {
  MakeWriter();
  writer_->Write(LogLevel::kInfo, "1\n");
  writer_->Write(LogLevel::kError, "2\n");
  writer_->Write(LogLevel::kDebug, "3\n");
  writer_->Write(LogLevel::kWarn, "4\n");
  EXPECT_TRUE(writer_->Flush(kWaitTimeout));
  EXPECT_THAT(ReadUntil("4"), ElementsAre("1", "2", "3", "4"));
}

TEST_F(LogWriterTest, DoesNotBlockWithoutAReader) {
  MakeWriter();
  EXPECT_GT(WriteMany(LogLevel::kInfo), 0U) << "returns, though the pipe is full";
  EXPECT_EQ(writer_->dropped(LogLevel::kError), 0U);
}

TEST_F(LogWriterTest, DropsInformationBeforeErrors) {
  FillPipe();
  MakeWriter();
  const std::uint64_t refused = WriteMany(LogLevel::kInfo);
  EXPECT_EQ(WriteMany(LogLevel::kError, 20), 0U);
  EXPECT_GE(WriteMany(LogLevel::kDebug, 20), 18U) << "the queue is full of more important lines";
  EXPECT_GT(writer_->dropped(LogLevel::kInfo), refused) << "some lines were dropped for them";

  const std::vector<std::string> lines = ReadUntil("19 error");
  EXPECT_THAT(lines, Each(EndsWith("..."))) << "whole lines only";
  const std::vector<int> infos = NumbersOf(lines, "info");
  EXPECT_TRUE(std::ranges::is_sorted(infos));
  EXPECT_EQ(infos.size() + writer_->dropped(LogLevel::kInfo), kManyLines);
  const std::vector<int> errors = NumbersOf(lines, "error");
  EXPECT_THAT(errors, SizeIs(20));
  EXPECT_TRUE(std::ranges::is_sorted(errors));
}

TEST_F(LogWriterTest, DropsTheNewestErrorsIfOnlyErrorsAreQueued) {
  FillPipe();
  MakeWriter();
  const std::uint64_t dropped = WriteMany(LogLevel::kError);
  EXPECT_GT(dropped, 0U);
  EXPECT_EQ(writer_->dropped(LogLevel::kInfo), 0U);
  // The last kept line may have a higher number, if the writer had briefly dequeued no line.
  const auto kept = static_cast<int>(kManyLines - dropped);
  const std::vector<int> errors =
      NumbersOf(ReadUntil(std::to_string(kept - 2) + " error"), "error");
  ASSERT_GE(errors.size(), static_cast<std::size_t>(kept - 1));
  for (int i = 0; i < kept - 1; ++i) EXPECT_EQ(errors[static_cast<std::size_t>(i)], i);
}

TEST_F(LogWriterTest, WritesQueuedLinesBeforeItEnds) {
  MakeWriter();
  WriteMany(LogLevel::kInfo, 20);
  std::thread ending([this] { writer_.reset(); });
  EXPECT_THAT(NumbersOf(ReadUntil("19 info"), "info"), SizeIs(20));
  ending.join();
}

TEST_F(LogWriterTest, EndsWithoutAReader) {
  MakeWriter();
  WriteMany(LogLevel::kInfo);
  EXPECT_FALSE(writer_->Flush(1ms));
  writer_.reset();  // returns
}

TEST_F(LogWriterTest, WaitsForTheReaderOfANonBlockingPipe) {
  ASSERT_EQ(::fcntl(pipe_.get(), F_SETFL, O_NONBLOCK), 0);
  MakeWriter();
  const std::uint64_t dropped = WriteMany(LogLevel::kInfo);
  EXPECT_GT(dropped, 0U);
  writer_->Write(LogLevel::kError, Padded("the last"));
  const std::vector<std::string> lines = ReadUntil("the last");
  EXPECT_THAT(lines, Each(EndsWith("..."))) << "whole lines only";
  EXPECT_THAT(lines.back(), HasSubstr("the last"));
  EXPECT_EQ(NumbersOf(lines, "info").size() + writer_->dropped(LogLevel::kInfo), kManyLines);
  WriteMany(LogLevel::kInfo);
  writer_.reset();  // returns
}

TEST_F(LogWriterTest, CountsLinesLostByAClosedReader) {
  MakeWriter();
  reader_ = FileDescriptor();
  writer_->Write(LogLevel::kWarn, "nobody reads this\n");
  EXPECT_TRUE(writer_->Flush(kWaitTimeout)) << "and the process continues";
  EXPECT_EQ(writer_->dropped(LogLevel::kWarn), 1U);
}

TEST_F(LogWriterTest, BlocksSignalsInItsThread) {
  MakeWriter();
  writer_->Write(LogLevel::kInfo, "it runs\n");
  ASSERT_TRUE(writer_->Flush(kWaitTimeout));
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  ::kill(::getpid(), SIGUSR1);  // ends the process if any thread takes it
  int taken = 0;
  sigwait(&blocked, &taken);
  EXPECT_EQ(taken, SIGUSR1);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace rtcroom
