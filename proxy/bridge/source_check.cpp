#include "proxy/bridge/source_check.h"

#include <filesystem>
#include <fstream>

#include "config/printable.h"
#include "proxy/bridge/source_text.h"

namespace holdfast::proxy {
namespace {

constexpr std::size_t kMaxQueue = 200;
constexpr std::size_t kMaxRemembered = 10'000;
constexpr std::uintmax_t kMaxFileBytes = 16 * 1024 * 1024;

/// \return nothing where there is no such file here, or the site would not read one as large
std::optional<std::string> readSource(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  if (std::filesystem::file_size(path, error) > kMaxFileBytes || error) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (file.bad()) return std::nullopt;
  return text;
}

}  // namespace

SourceCheck::SourceCheck(const SiteClient& client, std::function<void(const std::string&)> warn)
    : client_(client), warn_(std::move(warn)), thread_([this] { run(); }) {}

SourceCheck::~SourceCheck() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wait_.stop();
  changed_.notify_all();
  thread_.join();
}

void SourceCheck::beginSession() {
  const std::lock_guard lock(mutex_);
  files_.clear();
  warned_.clear();
  hashes_.clear();
}

void SourceCheck::check(const BreakpointFile& file) {
  const std::lock_guard lock(mutex_);
  if (files_.size() >= kMaxQueue || warned_.contains(file.local)) return;
  files_.push_back(file);
  changed_.notify_all();
}

void SourceCheck::run() {
  BreakpointFile file;
  while (next(file)) {
    try {
      compare(file);
    } catch (const CalledOff&) {
      return;
    } catch (const std::exception&) {
      // Without an answer there is nothing to warn of; whatever is wrong shows elsewhere.
    }
  }
}

bool SourceCheck::next(BreakpointFile& file) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || !files_.empty(); });
  if (stopping_) return false;
  file = std::move(files_.front());
  files_.pop_front();
  return true;
}

void SourceCheck::compare(const BreakpointFile& file) {
  const auto text = readSource(file.local);
  const auto hash = deployedHash(file.deployed);
  // One that cannot be read here may be in another system, with its editor.
  if (hash && (!text || isSameSource(*text, *hash))) return;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || warned_.size() >= kMaxRemembered) return;
    if (!warned_.insert(file.local).second) return;
  }
  const std::string name = printable(file.deployed);
  warn_(
      hash
          ? "warning: " + name +
                " differs from the deployed one: breakpoints in it may stop at other lines"
          : "warning: " + name +
                " is not deployed: breakpoints in it will not be hit. If it is a file of the site, "
                "start in the site's folder, or give --local-root DIR");
}

/// \return nothing: there is no such file on the site
std::optional<std::string> SourceCheck::deployedHash(const std::string& file) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = hashes_.find(file);
    if (known != hashes_.end()) return known->second;
  }
  const auto hash = client_.sourceHash(file, wait_);
  const std::lock_guard lock(mutex_);
  if (hashes_.size() < kMaxRemembered) hashes_[file] = hash;
  return hash;
}

}  // namespace holdfast::proxy
