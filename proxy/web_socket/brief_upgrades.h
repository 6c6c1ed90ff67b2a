/// \file brief_upgrades.h
/// WebSockets that have nothing to do with the engine and live for seconds: the info page's probe,
/// and a debugger that is told why it cannot attach now.
#pragma once

#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "proxy/web_socket/brief_upgrade.h"

namespace holdfast::proxy {

/// Serves all of them with one thread, which there is from the first one on.
class BriefUpgrades {
 public:
  static constexpr std::size_t kMostProbes = 8;

  /// \param lifetime  of each, at most
  explicit BriefUpgrades(std::chrono::milliseconds lifetime = std::chrono::seconds(5))
      : lifetime_(lifetime) {}
  /// Drops those that are left.
  ~BriefUpgrades();
  BriefUpgrades(const BriefUpgrades&) = delete;
  BriefUpgrades& operator=(const BriefUpgrades&) = delete;

  /// Whether there may be one more probe. Those that came by the debug secret are not counted.
  bool hasRoom() const;

  /// Sends the head, waits for a message, answers it with one and closes.
  void probe(const Poco::Net::StreamSocket& socket, const std::string& head,
             const std::string& leftover);

  /// Sends the head and a close frame, and waits for the peer's.
  void refuse(const Poco::Net::StreamSocket& socket, const std::string& head, CloseCode code,
              std::string_view reason);

 private:
  void add(BriefUpgrade::Kind kind, const Poco::Net::StreamSocket& socket, std::string out,
           std::string leftover);
  void run();
  /// Waits until one has something to do or 50 ms are over, and lets all go on.
  static void serve(std::list<BriefUpgrade>& upgrades);

  const std::chrono::milliseconds lifetime_;
  mutable std::mutex mutex_;  ///< guards what follows, but thread_
  std::condition_variable changed_;
  std::list<BriefUpgrade> added_;  ///< not seen by the thread yet
  std::size_t probes_ = 0;         ///< here and with the thread
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace holdfast::proxy
