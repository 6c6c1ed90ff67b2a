#include "host/platform/private_sockets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/config/temp_directory.h"
#include "tests/support/descriptors.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr uid_t kOther = 54321;

/// Places of its own; as root, that of root.
class PrivateSockets : public testing::Test {
 protected:
  PrivateSockets() {
    fs::create_directories(run() / "user");
    fs::create_directories(temp_.path() / "tmp");
    places_ = {run().string(), (temp_.path() / "tmp").string()};
  }

  fs::path run() const { return temp_.path() / "run"; }
  fs::path folder() const { return fs::path(privateSocketPath(places_)).parent_path(); }
  std::string refusal() {
    try {
      listenPrivately(places_);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "(none)";
  }
  static mode_t modeOf(const fs::path& path) {
    struct stat status {};
    ::lstat(path.c_str(), &status);
    return status.st_mode & 07777;
  }

  DescriptorCheck descriptors_;
  TempDirectory temp_;
  PrivatePlaces places_;
};

TEST_F(PrivateSockets, AreOpenToTheirUserAlone) {
  const mode_t before = ::umask(0);
  const OpenedListener listener = listenPrivately(places_);
  ::umask(before);
  EXPECT_EQ(modeOf(folder()), 0700U);
  EXPECT_EQ(modeOf(privateSocketPath(places_)), 0600U);
  EXPECT_EQ(fs::path(privateSocketPath(places_)).filename(), std::to_string(::getpid()) + ".sock");
}

TEST_F(PrivateSockets, AreFoundAndConnected) {
  OpenedListener listener = listenPrivately(places_);
  const FoundSockets found = findPrivateSockets(places_);
  ASSERT_EQ(found.sockets.size(), 1U);
  EXPECT_EQ(found.sockets[0].pid, ::getpid());
  EXPECT_EQ(found.sockets[0].owner, ::geteuid());
  EXPECT_THAT(found.problems, IsEmpty());
  std::error_code error;
  const Socket client = connectPrivately(found.sockets[0], error);
  ASSERT_TRUE(client) << error.message();
  const Socket server = listener.socket.accept(error);
  ASSERT_TRUE(server);
  EXPECT_TRUE(isOwnPeer(server));
}

TEST_F(PrivateSockets, AreGoneWithTheirOwner) {
  { const OpenedListener listener = listenPrivately(places_); }
  EXPECT_TRUE(fs::is_empty(folder()));
}

TEST_F(PrivateSockets, AreTakenOverAfterAProcessOfTheSamePid) {
  OpenedListener dead = listenPrivately(places_);
  dead.socket.close();
  const OpenedListener listener = listenPrivately(places_);
  EXPECT_EQ(findPrivateSockets(places_).sockets.size(), 1U);
}

TEST_F(PrivateSockets, OfTheDeadAreRemoved) {
  OpenedListener dead = listenPrivately(places_);
  dead.socket.close();
  EXPECT_THAT(findPrivateSockets(places_).sockets, IsEmpty());
  EXPECT_TRUE(fs::is_empty(folder()));
}

TEST_F(PrivateSockets, AreNothingElse) {
  const OpenedListener listener = listenPrivately(places_);
  for (const char* name : {"1.sock", "x.sock", ".sock", "-1.sock", "99999999999.sock", "0.sock"}) {
    std::ofstream(folder() / name) << "a file";
  }
  fs::create_symlink(privateSocketPath(places_), folder() / "2.sock");
  EXPECT_EQ(findPrivateSockets(places_).sockets.size(), 1U);
  EXPECT_TRUE(fs::exists(folder() / "1.sock")) << "only sockets are removed";
}

TEST_F(PrivateSockets, AreNotMadeInAFolderThatOthersMayEnter) {
  { const OpenedListener listener = listenPrivately(places_); }
  fs::permissions(folder(), fs::perms::group_exec, fs::perm_options::add);
  EXPECT_THAT(refusal(), AllOf(HasSubstr(folder().string()), HasSubstr("chmod 700")));
  EXPECT_THAT(findPrivateSockets(places_).problems, ElementsAre(HasSubstr("chmod 700")));
}

TEST_F(PrivateSockets, AreNotMadeBehindALink) {
  fs::create_directories(temp_.path() / "elsewhere");
  fs::permissions(temp_.path() / "elsewhere", fs::perms::owner_all);
  fs::create_directory_symlink(temp_.path() / "elsewhere", folder());
  EXPECT_THAT(refusal(), HasSubstr("link"));
  EXPECT_THAT(findPrivateSockets(places_).problems, ElementsAre(HasSubstr("link")));
  EXPECT_TRUE(fs::is_empty(temp_.path() / "elsewhere"));
}

TEST_F(PrivateSockets, AreNotMadeWhereThereIsAFile) {
  std::ofstream(folder()) << "a file";
  EXPECT_THAT(refusal(), HasSubstr("no folder"));
}

TEST_F(PrivateSockets, AreNotMadeWhereOthersMayPutAnything) {
  fs::permissions(folder().parent_path(), fs::perms::all);
  EXPECT_THAT(refusal(), HasSubstr("chmod +t"));
}

TEST_F(PrivateSockets, SayWhichFolderCannotBeMade) {
  places_.run = "/proc/none";
  places_.tmp = "/proc/none";
  EXPECT_THAT(refusal(), HasSubstr("/proc/none"));
}

TEST_F(PrivateSockets, AreNotMadeInAFolderOfAnother) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make folders of others";
  fs::create_directory(folder());
  fs::permissions(folder(), fs::perms::owner_all);
  ASSERT_EQ(::chown(folder().c_str(), kOther, kOther), 0);
  EXPECT_THAT(refusal(), HasSubstr("belongs to user 54321, not to root"));
  EXPECT_THAT(findPrivateSockets(places_).problems, ElementsAre(HasSubstr("belongs to")));
}

TEST_F(PrivateSockets, OfAllUsersAreShownToRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make folders of others";
  // What a user has who names a folder after somebody else.
  const fs::path wrong = temp_.path() / "tmp" / "holdfast-54322";
  for (const fs::path& path :
       {run() / "user/54321/holdfast", temp_.path() / "tmp/holdfast-54321", wrong}) {
    fs::create_directories(path);
    fs::permissions(path, fs::perms::owner_all);
    ASSERT_EQ(::chown(path.c_str(), kOther, kOther), 0);
    OpenedListener dead = listenPrivately(places_);
    fs::rename(privateSocketPath(places_), path / "77.sock");
  }
  const FoundSockets found = findPrivateSockets(places_);
  ASSERT_EQ(found.sockets.size(), 2U) << "not removed either: the folder is not root's";
  EXPECT_EQ(found.sockets[0].owner, kOther);
  EXPECT_EQ(found.sockets[1].pid, 77);
  EXPECT_THAT(found.problems, ElementsAre(HasSubstr(wrong.string())));
}

TEST_F(PrivateSockets, AreNotAskedWhereSomebodyElseListens) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make folders of others";
  const OpenedListener listener = listenPrivately(places_);
  std::error_code error;
  EXPECT_FALSE(connectPrivately({privateSocketPath(places_), 1, kOther}, error));
  EXPECT_EQ(error, std::errc::permission_denied);
}

TEST_F(PrivateSockets, MayHaveAPathThatIsTooLong) {
  std::error_code error;
  EXPECT_FALSE(connectPrivately({std::string(200, 'x'), 1, ::geteuid()}, error));
  EXPECT_EQ(error, std::errc::filename_too_long);
}

TEST(UserName, IsTheNumberWithoutAName) {
  EXPECT_EQ(userName(0), "root");
  EXPECT_EQ(userName(kOther), "user 54321");
}

}  // namespace
}  // namespace holdfast
