#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "host/platform/private_sockets.h"

namespace holdfast {

namespace {

constexpr std::string_view kSuffix = ".sock";
constexpr const char* kFolder = "/holdfast";
constexpr std::string_view kTmpPrefix = "holdfast-";
constexpr const char* kRemedy = ": remove it as its owner or as root";
/// Somebody may fill a folder that is theirs; nobody runs so many hosts.
constexpr std::size_t kMostEntries = 10'000;

std::string lastError() { return std::strerror(errno); }

/// A folder that may hold sockets of `owner`.
struct Candidate {
  std::string path;
  uid_t owner = 0;
};

std::optional<unsigned> parseNumber(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::string> namesIn(DIR* folder) {
  std::vector<std::string> names;
  if (folder == nullptr) return names;
  while (const dirent* entry = ::readdir(folder)) {
    if (names.size() >= kMostEntries) break;
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

using Folder = std::unique_ptr<DIR, int (*)(DIR*)>;

struct Descriptor {
  explicit Descriptor(int opened) : handle(opened) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (handle >= 0) ::close(handle);
  }
  const int handle;
};

/// \return what is wrong with a folder that only `owner` may enter; empty: nothing
std::string objectionTo(const Candidate& candidate, int handle) {
  const std::string& path = candidate.path;
  struct stat status {};
  if (::fstat(handle, &status) < 0) return path + ": " + lastError();
  if (status.st_uid != candidate.owner) {
    return path + " belongs to " + userName(status.st_uid) + ", not to " +
           userName(candidate.owner) + kRemedy;
  }
  if ((status.st_mode & 077) != 0) return path + " is open to other users: chmod 700 " + path;
  return {};
}

/// Opens a folder that only `owner` may enter. \param[out] problem  empty: there is no such folder
Folder openFolder(const Candidate& candidate, std::string& problem) {
  Folder folder(nullptr, ::closedir);
  problem.clear();
  // O_PATH, so that its owner can be told where this user may not read it.
  const Descriptor path(
      ::open(candidate.path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (path.handle < 0) {
    if (errno == ENOENT) return folder;
    const bool no_folder = errno == ELOOP || errno == ENOTDIR;
    problem = candidate.path +
              (no_folder ? std::string(" is no folder, or a link") + kRemedy : ": " + lastError());
    return folder;
  }
  problem = objectionTo(candidate, path.handle);
  if (!problem.empty()) return folder;
  const int handle = ::openat(path.handle, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  folder.reset(handle < 0 ? nullptr : ::fdopendir(handle));
  if (!folder) {
    problem = candidate.path + ": " + lastError();
    if (handle >= 0) ::close(handle);
  }
  return folder;
}

/// Whether nobody else can put another folder in the place of one that is `owner`'s.
bool keepsFolders(const std::string& parent, uid_t owner) {
  struct stat status {};
  if (::stat(parent.c_str(), &status) < 0) return false;
  const bool others_write = (status.st_mode & 022) != 0 && (status.st_mode & S_ISVTX) == 0;
  return !others_write && (status.st_uid == 0 || status.st_uid == owner);
}

Candidate folderInRunUser(const PrivatePlaces& places, uid_t user) {
  return {places.run + "/user/" + std::to_string(user) + kFolder, user};
}
Candidate folderInTmp(const PrivatePlaces& places, uid_t user) {
  return {places.tmp + '/' + std::string(kTmpPrefix) + std::to_string(user), user};
}
Candidate folderOfRoot(const PrivatePlaces& places) { return {places.run + kFolder, 0}; }

Candidate ownFolder(const PrivatePlaces& places) {
  const uid_t user = ::geteuid();
  if (user == 0) return folderOfRoot(places);
  struct stat status {};
  const std::string session = places.run + "/user/" + std::to_string(user);
  const bool there =
      ::lstat(session.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == user;
  return there ? folderInRunUser(places, user) : folderInTmp(places, user);
}

std::string parentOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

void makeOwnFolder(const Candidate& folder) {
  const std::string parent = parentOf(folder.path);
  if (!keepsFolders(parent, folder.owner)) {
    throw std::runtime_error("other users may put what they like into " + parent +
                             ", so no socket is safe there: chmod +t " + parent);
  }
  if (::mkdir(folder.path.c_str(), 0700) < 0 && errno != EEXIST) {
    throw std::runtime_error("cannot make the folder " + folder.path + ": " + lastError());
  }
  std::string problem;
  if (!openFolder(folder, problem)) {
    throw std::runtime_error(problem.empty() ? folder.path + " is gone" : problem);
  }
}

std::vector<std::string> namesIn(const std::string& path) {
  return namesIn(Folder(::opendir(path.c_str()), ::closedir).get());
}

/// All folders that might hold sockets, whoever they belong to.
std::vector<Candidate> allFolders(const PrivatePlaces& places) {
  std::vector<Candidate> all{folderOfRoot(places)};
  for (const std::string& name : namesIn(places.run + "/user")) {
    if (const auto user = parseNumber(name)) all.push_back(folderInRunUser(places, *user));
  }
  for (const std::string& name : namesIn(places.tmp)) {
    if (!std::string_view(name).starts_with(kTmpPrefix)) continue;
    const auto user = parseNumber(std::string_view(name).substr(kTmpPrefix.size()));
    if (user) all.push_back(folderInTmp(places, *user));
  }
  return all;
}

/// Of a host that was killed.
bool isLeftOver(const PrivateSocket& socket) {
  std::error_code error;
  return !connectPrivately(socket, error) && error == std::errc::connection_refused;
}

void addSocketsOf(const Candidate& candidate, DIR* folder, FoundSockets& found) {
  for (const std::string& name : namesIn(folder)) {
    if (!std::string_view(name).ends_with(kSuffix)) continue;
    const auto pid = parseNumber(std::string_view(name).substr(0, name.size() - kSuffix.size()));
    struct stat status {};
    if (!pid || *pid == 0 ||
        ::fstatat(::dirfd(folder), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0 ||
        !S_ISSOCK(status.st_mode)) {
      continue;
    }
    PrivateSocket socket{candidate.path + '/' + name, static_cast<int>(*pid), candidate.owner};
    if (candidate.owner == ::geteuid() && isLeftOver(socket)) {
      ::unlinkat(::dirfd(folder), name.c_str(), 0);
    } else {
      found.sockets.push_back(std::move(socket));
    }
  }
}

std::optional<uid_t> peerUser(const Socket& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket.handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return std::nullopt;
  return peer.uid;
}

}  // namespace

OpenedListener listenPrivately(const PrivatePlaces& places) {
  makeOwnFolder(ownFolder(places));
  const std::string path = privateSocketPath(places);
  // Under its name it always has a listener: one without is taken for left over.
  const std::string unready = path + ".new";
  OpenedListener opened = openListener({"unix:" + unready, 0600, ""});
  if (::rename(unready.c_str(), path.c_str()) < 0) {
    throw std::runtime_error("cannot make the socket " + path + ": " + lastError());
  }
  opened.file = SocketFile(path);
  return opened;
}

std::string privateSocketPath(const PrivatePlaces& places) {
  return ownFolder(places).path + '/' + std::to_string(::getpid()) + std::string(kSuffix);
}

FoundSockets findPrivateSockets(const PrivatePlaces& places) {
  const uid_t user = ::geteuid();
  FoundSockets found;
  for (const Candidate& candidate : allFolders(places)) {
    if (user != 0 && candidate.owner != user) {
      struct stat status {};
      const bool there = ::lstat(candidate.path.c_str(), &status) == 0;
      const std::string other = userName(candidate.owner);
      if (there && std::count(found.others.begin(), found.others.end(), other) == 0) {
        found.others.push_back(other);
      }
      continue;
    }
    std::string problem;
    const Folder folder = openFolder(candidate, problem);
    if (!problem.empty()) found.problems.push_back(problem);
    if (folder) addSocketsOf(candidate, folder.get(), found);
  }
  return found;
}

Socket connectPrivately(const PrivateSocket& socket, std::error_code& error) {
  error.clear();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.path.size() >= sizeof address.sun_path) {
    error = std::make_error_code(std::errc::filename_too_long);
    return {};
  }
  std::memcpy(address.sun_path, socket.path.c_str(), socket.path.size() + 1);
  const int handle = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (handle < 0) {
    error = {errno, std::generic_category()};
    return {};
  }
  Socket connection(handle);
  if (::connect(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
    error = {errno, std::generic_category()};
    return {};
  }
  // Its owner may have put a link to somebody else's socket there.
  if (peerUser(connection) != socket.owner) {
    error = std::make_error_code(std::errc::permission_denied);
    return {};
  }
  return connection;
}

bool isOwnPeer(const Socket& socket) {
  const std::optional<uid_t> user = peerUser(socket);
  return user && (*user == 0 || *user == ::geteuid());
}

bool isThisUser(unsigned user) { return user == ::geteuid(); }

std::string userName(unsigned user) {
  const passwd* entry = ::getpwuid(user);
  return entry != nullptr ? entry->pw_name : "user " + std::to_string(user);
}

std::string thisUserName() { return userName(::geteuid()); }

}  // namespace holdfast
