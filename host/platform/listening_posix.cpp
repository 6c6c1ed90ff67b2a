#include <arpa/inet.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "host/platform/listening.h"

namespace holdfast {

namespace {

constexpr int kBacklog = 1024;
constexpr int kFirstInherited = 3;
constexpr int kMaxInherited = 64;
constexpr pid_t kInit = 1;

[[noreturn]] void fail(const std::string& address, const std::string& why) {
  throw std::runtime_error("cannot listen on " + address + ": " + why);
}

[[noreturn]] void refuse(const std::string& address, const std::string& why) {
  throw std::invalid_argument("cannot listen on " + address + ": " + why);
}

std::string lastError() { return std::strerror(errno); }

bool startsWith(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }

sockaddr_un unixAddress(const std::string& path, const std::string& shown) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    refuse(shown, "the path must have 1 to 107 bytes");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

/// Who listens there, as the kernel noted it (unix(7), SO_PEERCRED).
std::string listenerOf(const Socket& connected) {
  ucred owner{};
  socklen_t size = sizeof owner;
  const bool known =
      ::getsockopt(connected.handle(), SOL_SOCKET, SO_PEERCRED, &owner, &size) == 0 &&
      owner.pid > 0;
  if (!known) return "another process";
  // Of a socket that it opened for others, whoever they are.
  if (owner.pid == kInit) return "systemd (process 1)";
  return "process " + std::to_string(owner.pid);
}

/// A socket file may be left over from a host that was killed; only then it may go.
void clearStaleSocket(const std::string& path, const std::string& shown) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) < 0) {
    if (errno == ENOENT) return;
    fail(shown, lastError());
  }
  if (!S_ISSOCK(status.st_mode)) {
    fail(shown,
         "there is a file of that name which is no socket: remove it or choose another path");
  }
  const Socket probe(::socket(AF_UNIX, SOCK_STREAM, 0));
  const sockaddr_un address = unixAddress(path, shown);
  if (::connect(probe.handle(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    fail(shown, listenerOf(probe) + " serves this socket: stop it first, or choose another path");
  }
  if (errno == EAGAIN) {
    fail(shown, "another process serves this socket: stop it first, or choose another path");
  }
  if (errno != ECONNREFUSED) fail(shown, lastError());
  if (::unlink(path.c_str()) < 0) fail(shown, "cannot remove the stale socket: " + lastError());
}

Socket bindTo(int family, const sockaddr* address, socklen_t size, const std::string& shown) {
  Socket trial(::socket(family, SOCK_STREAM, 0));
  const int yes = 1;
  ::setsockopt(trial.handle(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(trial.handle(), address, size) == 0 && ::listen(trial.handle(), kBacklog) == 0)
    return trial;
  switch (errno) {
    case EADDRINUSE:
      fail(shown, "another process listens there: stop it, or choose another port");
    case EACCES:
      fail(shown, "permission denied: this user may not bind there");
    case ENOENT:
      fail(shown, "the directory does not exist: create it first");
    case EADDRNOTAVAIL:
      fail(shown, "this machine has no such address");
    default:
      fail(shown, lastError());
  }
}

struct Owner {
  uid_t user = static_cast<uid_t>(-1);
  gid_t group = static_cast<gid_t>(-1);
};

Owner lookUpOwner(const std::string& text, const std::string& shown) {
  const std::size_t colon = text.find(':');
  const std::string user = text.substr(0, colon);
  Owner owner;
  if (!user.empty()) {
    const passwd* entry = ::getpwnam(user.c_str());
    if (entry == nullptr) refuse(shown, "--socket-owner: there is no user '" + user + "'");
    owner.user = entry->pw_uid;
    owner.group = entry->pw_gid;
  }
  if (colon != std::string::npos) {
    const std::string name = text.substr(colon + 1);
    const group* entry = ::getgrnam(name.c_str());
    if (entry == nullptr) refuse(shown, "--socket-owner: there is no group '" + name + "'");
    owner.group = entry->gr_gid;
  }
  return owner;
}

/// While it lives no other host looks at, removes or makes sockets in the folder of that path: of
/// two that find the same stale socket the second must not remove what the first has just made. A
/// folder that cannot be locked is left to luck.
class FolderLock {
 public:
  explicit FolderLock(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle < 0) return;
    folder_ = Socket(handle);
    for (int tries = 0; tries < kLockTries; ++tries) {
      if (::flock(folder_.handle(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
      ::usleep(10'000);  // what others do under it takes moments
    }
  }

 private:
  static constexpr int kLockTries = 200;
  Socket folder_;  ///< closing it gives up the lock
};

/// While it lives, files that are made are for their owner alone.
class PrivateFiles {
 public:
  PrivateFiles() : before_(::umask(0177)) {}
  PrivateFiles(const PrivateFiles&) = delete;
  PrivateFiles& operator=(const PrivateFiles&) = delete;
  ~PrivateFiles() { ::umask(before_); }

 private:
  const mode_t before_;
};

OpenedListener openUnix(const std::string& path, const ListenerOptions& options) {
  const std::string& shown = options.address;
  const FolderLock lock(path);
  std::optional<Owner> owner;
  if (!options.socket_owner.empty()) owner = lookUpOwner(options.socket_owner, shown);
  clearStaleSocket(path, shown);
  const sockaddr_un address = unixAddress(path, shown);
  // Nobody connects before mode and owner are what they shall be.
  OpenedListener listener;
  {
    const PrivateFiles only_ours;
    // Not by FCGX_OpenSocket, which ends the process when it cannot bind.
    listener.socket =
        bindTo(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address, shown);
  }
  listener.file = SocketFile(path);
  if (owner && ::chown(path.c_str(), owner->user, owner->group) < 0) {
    fail(shown, "--socket-owner " + options.socket_owner + ": " + lastError() +
                    " (only root may give a socket to another user)");
  }
  if (::chmod(path.c_str(), options.socket_mode) < 0) fail(shown, lastError());
  return listener;
}

Socket openTcp(const std::string& host_and_port, const std::string& shown) {
  const std::size_t colon = host_and_port.rfind(':');
  const std::string host = host_and_port.substr(0, colon);
  const std::string port = colon == std::string::npos ? "" : host_and_port.substr(colon + 1);
  addrinfo hints{};
  hints.ai_family = AF_INET;  // all that FCGX_OpenSocket knows
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const char* node = host.empty() || host == "*" ? nullptr : host.c_str();
  if (const int error = ::getaddrinfo(node, port.c_str(), &hints, &found); error != 0) {
    fail(shown, std::string(::gai_strerror(error)));
  }
  const auto address = *reinterpret_cast<const sockaddr_in*>(found->ai_addr);
  ::freeaddrinfo(found);
  // FCGX_OpenSocket ends the process when it cannot bind, with one word on standard error. So bind
  // once before, and say what is wrong.
  bindTo(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof address, shown);
  char numeric[INET_ADDRSTRLEN];
  ::inet_ntop(AF_INET, &address.sin_addr, numeric, sizeof numeric);
  const int handle = ::FCGX_OpenSocket((std::string(numeric) + ':' + port).c_str(), kBacklog);
  if (handle < 0) fail(shown, lastError());
  return Socket(handle);
}

bool isListening(int handle) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(handle, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0;
}

bool isNumber(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Its process manager calls its sockets FOLDER/PID.NUMBER, by its own process id, and listens
/// before it starts the program (mod_fcgid 2.3.9). Another PID namespace knows it as 0.
bool isOfModFcgid(int listener) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  ucred owner{};
  socklen_t owner_size = sizeof owner;
  // One byte less, so that it is ended by a NUL.
  size -= 1;
  if (::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) < 0 ||
      address.sun_family != AF_UNIX ||
      ::getsockopt(listener, SOL_SOCKET, SO_PEERCRED, &owner, &owner_size) < 0) {
    return false;
  }
  std::string_view name = address.sun_path;
  name.remove_prefix(name.rfind('/') + 1);
  const std::string_view manager = name.substr(0, name.find('.'));
  return isNumber(manager) && isNumber(name.substr(std::min(manager.size() + 1, name.size()))) &&
         (owner.pid == 0 || manager == std::to_string(owner.pid));
}

}  // namespace

OpenedListener openListener(const ListenerOptions& options) {
  if (startsWith(options.address, "unix:")) return openUnix(options.address.substr(5), options);
  if (startsWith(options.address, "tcp:")) {
    return {openTcp(options.address.substr(4), options.address), {}};
  }
  refuse(options.address, "it must be unix:PATH or tcp:HOST:PORT");
}

SocketFile::SocketFile(std::string path) : path_(std::move(path)) {
  struct stat status {};
  if (::lstat(path_.c_str(), &status) < 0) path_.clear();
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::exchange(other.path_, {});
    device_ = other.device_;
    inode_ = other.inode_;
  }
  return *this;
}

void SocketFile::remove() noexcept {
  if (isThere()) ::unlink(path_.c_str());
  path_.clear();
}

bool SocketFile::isThere() const noexcept {
  struct stat status {};
  // As long as its socket is open no other file gets its number.
  return !path_.empty() && ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ &&
         status.st_ino == inode_;
}

std::vector<InheritedListener> inheritedListeners() {
  std::vector<InheritedListener> listeners;
  const char* pid = std::getenv("LISTEN_PID");
  const char* count = std::getenv("LISTEN_FDS");
  if (pid != nullptr && count != nullptr && std::atol(pid) == ::getpid()) {
    const int end = kFirstInherited + std::min(std::atoi(count), kMaxInherited);
    for (int handle = kFirstInherited; handle < end; ++handle) {
      if (!isListening(handle)) {
        throw std::runtime_error("LISTEN_FDS: descriptor " + std::to_string(handle) +
                                 " is no listening socket");
      }
      listeners.push_back({Socket(handle), "LISTEN_FDS " + std::to_string(handle)});
    }
  } else if (::FCGX_IsCGI() == 0 && isListening(STDIN_FILENO)) {
    const int handle = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, kFirstInherited);
    if (handle < 0) throw std::runtime_error("standard input: " + lastError());
    const int null_device = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(null_device, STDIN_FILENO);
    ::close(null_device);
    listeners.push_back({Socket(handle), "standard input", isOfModFcgid(handle)});
  }
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
  return listeners;
}

std::size_t raiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) < 0) ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace holdfast
