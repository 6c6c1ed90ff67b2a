/// \file site_host.h
/// One site as a whole: its front ends, its workers, its beginning and its end.
#pragma once

#include <memory>
#include <vector>

#include "config/settings.h"
#include "host/front/fcgi_listener.h"
#include "host/front/forwarding.h"
#include "host/front/http_front_end.h"
#include "host/platform/event_loop.h"
#include "host/platform/listening.h"
#include "host/platform/signals.h"
#include "host/site/channel_listener.h"
#include "host/site/debug_site.h"
#include "host/site/reload_trigger.h"
#include "host/site/settings_change.h"
#include "host/site/site_status.h"
#include "host/site/socket_keeper.h"
#include "host/site/waiting_reload.h"
#include "host/worker/worker_pool.h"

namespace holdfast {

class SiteHost {
 public:
  struct Hooks {
    std::function<LoadedSettings()> load;  ///< reads the settings anew, for a reload
    /// Once, when it is known whether a debugger can attach. May be empty.
    /// \param url  of the embedded HTTP front end, `http://HOST:PORT/`; empty: there is none
    /// \param problem  why none can, in words; empty: one can
    std::function<void(const std::string& url, const Settings& settings,
                       const std::string& problem)>
        on_debugger;
  };

  /// Must be made by the thread that calls run(), before any other thread exists.
  SiteHost(LoadedSettings loaded, Hooks hooks);

  /// Opens the listeners, starts the workers and serves until a signal says stop.
  /// Throws where a listener cannot be opened, with cause and remedy: std::invalid_argument if it
  /// is the settings that are wrong.
  void run();

 private:
  void openListeners();
  void openFastCgi();
  void openChannel();
  void addListener(Socket listener, const std::string& name, bool from_mod_fcgid = false);
  void accept(std::shared_ptr<Request> request);
  /// That listener is for the debug path alone, whoever answers it.
  void acceptHttp(std::shared_ptr<Request> request);
  void acceptFromChannel(std::shared_ptr<Request> request);
  void serve(std::shared_ptr<Request> request);
  void onFinished(const FinishedRequest& request);
  void onFailure(Request& request, const Failure& failure, bool begun);
  void onSignal(HostSignal signal, const char* name);
  void onStopSignal(const char* name);
  /// While a debugger holds the app that waits.
  void onFilesChanged(const ReloadReason& reason);
  /// It holds it no longer.
  void onReleased();
  /// Settings anew and new workers; wrong settings change nothing.
  /// \param why  "SIGHUP", "app.py changed"
  /// \param settings_too  not the code alone may have changed
  void reload(const std::string& why, bool settings_too);
  void applySettings(LoadedSettings loaded);
  void watchFiles(const std::vector<std::filesystem::path>& settings_files);
  void drainWhenFetched();
  void drain();
  void stopWhenAnswered();

  const Hooks hooks_;
  LoadedSettings loaded_;
  Settings& settings_ = loaded_.settings;  ///< those in effect
  SettingsChange settings_change_;
  /// Of a reload that came to nothing because of them, in words.
  std::vector<std::string> settings_problems_;
  /// Before pool_: its variables are not for the workers.
  std::vector<InheritedListener> inherited_;
  TrustedHops hops_;
  EventLoop loop_;
  HostSignals signals_;
  FcgiCapacity capacity_;
  SiteStatus status_;
  WorkerPool pool_;
  DebugSite debug_;
  std::vector<std::unique_ptr<FcgiListener>> listeners_;
  std::unique_ptr<HttpFrontEnd> http_;
  std::unique_ptr<ChannelListener> channel_;
  std::unique_ptr<SocketKeeper> socket_keeper_;
  std::unique_ptr<ReloadTrigger> trigger_;
  ReloadTrigger::Watched watched_;  ///< by it
  WaitingReload waiting_reload_;
  bool stopping_ = false;
  bool draining_ = false;   ///< it takes nothing new any more
  int still_stopping_ = 2;  ///< debug_ and pool_
  EventLoop::Clock::time_point stop_at_latest_;
  Timer stop_check_;
};

}  // namespace holdfast
