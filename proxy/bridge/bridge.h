/// \file bridge.h
/// The local port that stands for the site's debug engine: one debugger after the other.
#pragma once

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/StreamSocket.h>

#include <optional>
#include <string>

#include "proxy/bridge/bridge_session.h"
#include "proxy/bridge/console.h"
#include "proxy/bridge/lasting_hold.h"
#include "proxy/bridge/live_line.h"
#include "proxy/bridge/patience_watch.h"
#include "proxy/bridge/site_client.h"
#include "proxy/bridge/source_check.h"
#include "proxy/bridge/stoppable_wait.h"
#include "proxy/tap/dap_tap.h"

namespace holdfast::proxy {

struct BridgePlan {
  Poco::Net::ServerSocket listener;  ///< bound and listening
  std::string local_root;            ///< the developer's folder, as debuggers name it
  bool raw = false;                  ///< see BridgeSessionPlan
  bool is_marked = false;            ///< see SiteState
};

/// Belongs to one thread.
class Bridge final : private BridgeSessionListener {
 public:
  /// \param site, wait, console  are referred to
  Bridge(BridgePlan plan, const SiteClient& site, StoppableWait& wait, Console& console);

  /// Serves debuggers until it is called off: then it returns, the goodbye said.
  void run();

 private:
  using Clock = StoppableWait::Clock;
  /// A local debugger that the site does not know of yet.
  struct Arrival {
    Poco::Net::StreamSocket socket;
    std::string early;  ///< what it has sent already
  };

  void onClientName(const std::string& name) override;
  void onBreakpointFile(const BreakpointFile& file) override;
  void onWarning(const std::string& text) override;
  void onClientMessage(std::string_view content) override;
  void onSiteMessage(std::string_view content) override;
  void onTick() override;

  std::optional<Poco::Net::StreamSocket> accept();
  void serve(Arrival arrival);
  bool speaks(Arrival& arrival);
  std::optional<SiteStream> reachSite(Arrival& arrival);
  bool isThereFor(Arrival& arrival, std::chrono::milliseconds duration);
  void turnAway(Arrival& arrival, const std::string& why);
  void turnAwayOthers();
  void noteHold();
  void show();

  BridgePlan plan_;
  const SiteClient& site_;
  StoppableWait& wait_;
  Console& console_;
  SourceCheck sources_;
  PatienceWatch patience_;
  DapTap tap_;           ///< of the session
  LastingHold lasting_;  ///< likewise
  BridgeState state_;
};

}  // namespace holdfast::proxy
