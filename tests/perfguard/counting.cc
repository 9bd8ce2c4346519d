// Loaded into a server before all other libraries (LD_PRELOAD): counts its work on all threads.
#include <array>
#include <atomic>
#include <cstdarg>
#include <cstdlib>
#include <new>

#include <dlfcn.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/perfguard/counters.h"

namespace {

using namespace rtcroom;

constinit Counters unseen{};  // until the file is mapped
constinit std::atomic<Counters*> counters{&unseen};

/// Whether a descriptor wakes a thread that waits: an event loop's eventfd.
constinit std::array<std::atomic<bool>, 1024> wakes{};

void Add(Counter counter, std::uint64_t count = 1) {
  (*counters.load(std::memory_order_relaxed))[counter].fetch_add(count, std::memory_order_relaxed);
}

template <typename Function>
Function Next(Function /*of_type*/, const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

std::size_t SizeOf(const iovec* parts, std::size_t count) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < count; ++i) size += parts[i].iov_len;
  return size;
}

__attribute__((constructor)) void MapCounters() {
  const char* const file = std::getenv(kCountersVariable);
  if (file == nullptr) return;
  const int descriptor = ::open(file, O_RDWR | O_CLOEXEC);
  void* const mapped =
      ::mmap(nullptr, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  if (mapped != MAP_FAILED) counters = static_cast<Counters*>(mapped);
}

void* Allocate(void* memory, std::size_t size) {
  if (memory == nullptr) throw std::bad_alloc();
  Add(kAllocations);
  Add(kAllocatedBytes, size);
  return memory;
}

}  // namespace

// The other overloads call these two.
void* operator new(std::size_t size) { return Allocate(std::malloc(size != 0 ? size : 1), size); }
void* operator new(std::size_t size, std::align_val_t align) {
  const auto step = static_cast<std::size_t>(align);
  return Allocate(std::aligned_alloc(step, (size + step - 1) / step * step), size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t /*align*/) noexcept { std::free(memory); }

extern "C" {

int sqlite3_step(sqlite3_stmt* statement) {
  static const auto next = Next(&sqlite3_step, "sqlite3_step");
  const int before = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_REPREPARE, 0);
  const int outcome = next(statement);
  const int after = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_REPREPARE, 0);
  Add(kSteps);
  Add(kReprepares, static_cast<std::uint64_t>(after - before));
  return outcome;
}
int sqlite3_prepare_v2(sqlite3* db, const char* sql, int size, sqlite3_stmt** statement,
                       const char** tail) {
  static const auto next = Next(&sqlite3_prepare_v2, "sqlite3_prepare_v2");
  Add(kPrepares);
  return next(db, sql, size, statement, tail);
}
int sqlite3_prepare_v3(sqlite3* db, const char* sql, int size, unsigned flags,
                       sqlite3_stmt** statement, const char** tail) {
  static const auto next = Next(&sqlite3_prepare_v3, "sqlite3_prepare_v3");
  Add(kPrepares);
  return next(db, sql, size, flags, statement, tail);
}

// NOLINTBEGIN(*-macro-*)
/// Counts a call.
#define COUNT_CALL(result, name, parameters, arguments) \
  result name parameters {                              \
    static const auto next = Next(&name, #name);        \
    Add(kSystemCalls);                                  \
    return next arguments;                              \
  }
/// Counts a call and the bytes it receives.
#define COUNT_RECEIVED(name, parameters, arguments)        \
  ssize_t name parameters {                                \
    static const auto next = Next(&name, #name);           \
    Add(kSystemCalls);                                     \
    const ssize_t moved = next arguments;                  \
    if (moved > 0) {                                       \
      Add(kMovedBytes, static_cast<std::uint64_t>(moved)); \
    }                                                      \
    return moved;                                          \
  }
/// Counts a call and the bytes it sends: before the call, because the client reads the counts after
/// the reply.
#define COUNT_SENT(name, parameters, arguments, size) \
  ssize_t name parameters {                           \
    static const auto next = Next(&name, #name);      \
    Add(kSystemCalls);                                \
    Add(kMovedBytes, size);                           \
    return next arguments;                            \
  }

COUNT_RECEIVED(read, (int fd, void* to, size_t size), (fd, to, size))
COUNT_SENT(write, (int fd, const void* from, size_t size), (fd, from, size), size)
COUNT_RECEIVED(readv, (int fd, const iovec* parts, int count), (fd, parts, count))
COUNT_SENT(writev, (int fd, const iovec* parts, int count), (fd, parts, count),
           SizeOf(parts, static_cast<std::size_t>(count)))
COUNT_RECEIVED(pread64, (int fd, void* to, size_t size, off64_t at), (fd, to, size, at))
COUNT_SENT(pwrite64, (int fd, const void* from, size_t size, off64_t at), (fd, from, size, at),
           size)
COUNT_RECEIVED(recv, (int fd, void* to, size_t size, int flags), (fd, to, size, flags))
COUNT_RECEIVED(recvmsg, (int fd, msghdr* message, int flags), (fd, message, flags))
COUNT_SENT(send, (int fd, const void* from, size_t size, int flags), (fd, from, size, flags), size)
COUNT_SENT(sendmsg, (int fd, const msghdr* message, int flags), (fd, message, flags),
           SizeOf(message->msg_iov, message->msg_iovlen))
COUNT_CALL(int, fsync, (int fd), (fd))
COUNT_CALL(int, fdatasync, (int fd), (fd))
COUNT_CALL(int, ftruncate64, (int fd, off64_t size) noexcept, (fd, size))
COUNT_CALL(int, close, (int fd), (fd))
COUNT_CALL(int, access, (const char* path, int mode) noexcept, (path, mode))
COUNT_CALL(int, stat64, (const char* path, struct stat64* to) noexcept, (path, to))
COUNT_CALL(int, fstat64, (int fd, struct stat64* to) noexcept, (fd, to))
// NOLINTEND(*-macro-*)

// Waits, and calls that end one, are not counted: their number depends on which thread is quicker.
int eventfd(unsigned count, int flags) noexcept {
  static const auto next = Next(&eventfd, "eventfd");
  const int made = next(count, flags);
  if (made >= 0) wakes.at(static_cast<std::size_t>(made)) = true;
  return made;
}
int epoll_ctl(int fd, int what, int of, epoll_event* event) noexcept {
  static const auto next = Next(&epoll_ctl, "epoll_ctl");
  if (!wakes.at(static_cast<std::size_t>(of))) Add(kSystemCalls);
  return next(fd, what, of, event);
}

int fcntl64(int fd, int what, ...) {
  static const auto next = Next(&fcntl64, "fcntl64");
  va_list arguments;
  va_start(arguments, what);
  void* const argument = va_arg(arguments, void*);  // a pointer or an int: always one register
  va_end(arguments);
  Add(kSystemCalls);
  return next(fd, what, argument);
}

}  // extern "C"
