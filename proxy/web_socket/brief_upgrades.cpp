#include "proxy/web_socket/brief_upgrades.h"

#include <Poco/Exception.h>
#include <Poco/Net/Socket.h>

#include <algorithm>
#include <utility>

namespace holdfast::proxy {

namespace {
using Kind = BriefUpgrade::Kind;
constexpr int kPollMicroseconds = 50'000;
}  // namespace

BriefUpgrades::~BriefUpgrades() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  for (BriefUpgrade& upgrade : added_) upgrade.hangUp();
}

bool BriefUpgrades::hasRoom() const {
  const std::lock_guard lock(mutex_);
  return probes_ < kMostProbes;
}

void BriefUpgrades::probe(const Poco::Net::StreamSocket& socket, const std::string& head,
                          const std::string& leftover) {
  add(Kind::kProbe, socket, head, leftover);
}

void BriefUpgrades::refuse(const Poco::Net::StreamSocket& socket, const std::string& head,
                           CloseCode code, std::string_view reason) {
  std::string out = head;
  appendClose(out, Role::kServer, code, reason);
  add(Kind::kRefusal, socket, std::move(out), "");
}

void BriefUpgrades::add(Kind kind, const Poco::Net::StreamSocket& socket, std::string out,
                        std::string leftover) {
  BriefUpgrade upgrade(kind, socket, std::move(out), std::move(leftover),
                       BriefUpgrade::Clock::now() + lifetime_);
  {
    const std::lock_guard lock(mutex_);
    if (kind == Kind::kProbe && probes_ >= kMostProbes) {
      upgrade.hangUp();
      return;
    }
    if (kind == Kind::kProbe) ++probes_;
    added_.push_back(std::move(upgrade));
  }
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.notify_one();
}

void BriefUpgrades::run() {
  std::list<BriefUpgrade> upgrades;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopped_ || !added_.empty() || !upgrades.empty(); });
    if (stopped_) break;
    upgrades.splice(upgrades.end(), added_);
    lock.unlock();
    serve(upgrades);
    lock.lock();
    probes_ =
        static_cast<std::size_t>(std::ranges::count(upgrades, Kind::kProbe, &BriefUpgrade::kind) +
                                 std::ranges::count(added_, Kind::kProbe, &BriefUpgrade::kind));
  }
  for (BriefUpgrade& upgrade : upgrades) upgrade.hangUp();
}

void BriefUpgrades::serve(std::list<BriefUpgrade>& upgrades) {
  Poco::Net::Socket::SocketList readable;
  Poco::Net::Socket::SocketList writable;
  Poco::Net::Socket::SocketList failed;
  const auto now = BriefUpgrade::Clock::now();
  std::erase_if(upgrades, [&](BriefUpgrade& upgrade) {
    if (upgrade.advance(now)) return false;
    upgrade.hangUp();
    return true;
  });
  for (const BriefUpgrade& upgrade : upgrades) {
    readable.push_back(upgrade.socket());
    if (upgrade.wantsToSend()) writable.push_back(upgrade.socket());
  }
  if (readable.empty()) return;
  try {
    // Nothing wakes it: one that is added meanwhile waits for these 50 ms.
    Poco::Net::Socket::select(readable, writable, failed, kPollMicroseconds);
  } catch (const Poco::Exception&) {
    upgrades.clear();  // out of descriptors or memory, and nothing of worth is lost
  }
}

}  // namespace holdfast::proxy
