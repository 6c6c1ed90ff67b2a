#include "host/site/site_host.h"

#include <algorithm>
#include <stdexcept>

#include "host/front/full_path.h"
#include "host/front/http_listener.h"
#include "host/front/request_line.h"
#include "host/hold/held_token.h"
#include "host/log.h"
#include "host/site/error_page.h"
#include "host/site/site_plans.h"

namespace holdfast {

namespace {

using namespace std::chrono_literals;

/// How often a host that stops looks whether the last answers are out.
constexpr auto kStopCheck = 20ms;

}  // namespace

SiteHost::SiteHost(LoadedSettings loaded, Hooks hooks)
    : hooks_(std::move(hooks)),
      loaded_(std::move(loaded)),
      inherited_(settings_.server.listen.empty() && settings_.server.http.empty()
                     ? inheritedListeners()
                     : std::vector<InheritedListener>()),
      hops_(settings_.server.trusted_hops),
      signals_(loop_, [this](HostSignal signal, const char* name) { onSignal(signal, name); }),
      capacity_(capacityFor(settings_, inherited_.size())),
      status_(loaded_),
      pool_(loop_, planFor(settings_),
            [this](Request& request, const Failure& failure, bool begun) {
              onFailure(request, failure, begun);
            }),
      debug_(
          loop_,
          [this](Request& request, const Failure& failure, bool begun) {
            onFailure(request, failure, begun);
          },
          [this](auto request) { pool_.submit(std::move(request)); },
          [this](const std::string& problem) {
            if (!hooks_.on_debugger) return;
            hooks_.on_debugger(http_ ? http_->url() : "", settings_, problem);
          }) {}

void SiteHost::run() {
  becomeReaper();
  openListeners();
  // Before the workers: nothing may change unseen between an import and the first look.
  watchFiles(loaded_.files);
  status_.open(
      loop_, [this] { return pool_.report(); }, [this] { return debug_.report(); });
  pool_.onStartFailure([this](const Failure& failure) { status_.onStartFailure(failure); });
  pool_.start();
  debug_.onReleased([this] { onReleased(); });
  debug_.apply(settings_);
  loop_.run();
  awaitLateGuards();
  log::info("stopped");
}

void SiteHost::openListeners() {
  const auto& server = settings_.server;
  if (!server.listen.empty()) {
    openFastCgi();
  }
  if (!server.http.empty()) {
    http_ = std::make_unique<HttpFrontEnd>(
        loop_, openHttpListener({server.http}).socket, httpLimitsFor(settings_, capacity_),
        [this](auto request) { acceptHttp(std::move(request)); },
        [this](const std::string& address) { return hops_.trusts(address); },
        [this](const FinishedRequest& request) { onFinished(request); });
    log::info("listening on " + http_->url());
    status_.onListening(http_->url());
  }
  if (!server.channel.empty()) openChannel();
  if (channel_) {
    debug_.setListener(channel_->address());
  } else if (http_) {
    debug_.setListener("tcp:" + http_->address());
  }
  for (InheritedListener& inherited : inherited_) {
    addListener(std::move(inherited.socket), inherited.name, inherited.from_mod_fcgid);
  }
  if (listeners_.empty() && !http_) {
    throw std::invalid_argument(
        "there is nothing to listen on: give --listen unix:PATH or --listen tcp:HOST:PORT for a "
        "FastCGI web server, or --http tcp:HOST:PORT for browsers");
  }
}

void SiteHost::openFastCgi() {
  const auto& server = settings_.server;
  const ListenerOptions options{server.listen, server.socket_mode, server.socket_owner};
  OpenedListener opened = openListener(options);
  addListener(std::move(opened.socket), server.listen);
  if (!opened.file) return;
  FcgiListener& listener = *listeners_.back();
  socket_keeper_ = std::make_unique<SocketKeeper>(
      loop_, options, std::move(opened.file),
      SocketKeeper::Listener{[&listener](Socket socket) { listener.moveTo(std::move(socket)); },
                             [this, address = server.listen](const std::string& trouble) {
                               status_.onUnreachable(address, trouble);
                             }});
}

void SiteHost::openChannel() {
  const auto& server = settings_.server;
  channel_ = std::make_unique<ChannelListener>(
      loop_, server, channelLimitsFor(settings_),
      ChannelListener::Listener{
          [this](auto request) { acceptFromChannel(std::move(request)); },
          [this](const FinishedRequest& request) { onFinished(request); },
          [this](const std::string& address) { return hops_.trusts(address); },
          [this, address = server.channel](const std::string& trouble) {
            status_.onUnreachable(address, trouble);
          }});
  log::info("listening on " + channel_->name() + " for the debug channel");
  status_.onListening(channel_->name());
}

void SiteHost::addListener(Socket listener, const std::string& name, bool from_mod_fcgid) {
  listeners_.push_back(std::make_unique<FcgiListener>(
      loop_, std::move(listener), fcgiLimitsFor(settings_), capacity_,
      [this, from_mod_fcgid](auto request) {
        request->from_mod_fcgid = from_mod_fcgid;
        accept(std::move(request));
      },
      [this](const FinishedRequest& request) { onFinished(request); }));
  log::info("listening on " + name + (from_mod_fcgid ? ", from Apache's mod_fcgid" : ""));
  if (from_mod_fcgid && !settings_.debug.secret.empty()) {
    log::warning(
        "mod_fcgid starts many of us, gives each one request at a time, and may send who comes "
        "back for the answer of a held request to another one: debugging needs FcgidMaxProcesses "
        "1 and FcgidMaxRequestsPerProcess 0 in Apache's configuration");
  }
  status_.onListening(name);
}

void SiteHost::accept(std::shared_ptr<Request> request) {
  request->from_trusted_hop = hops_.apply(request->params);
  serve(std::move(request));
}

/// What sets X-Original-URL speaks FastCGI.
void SiteHost::acceptHttp(std::shared_ptr<Request> request) {
  hops_.applyClient(request->params);
  serve(std::move(request));
}

void SiteHost::acceptFromChannel(std::shared_ptr<Request> request) {
  request->from_trusted_hop = hops_.applyClient(request->params);
  const std::string& path = settings_.debug.path;
  const std::string asked = fullPath(request->params);
  if (asked == path || asked.starts_with(path + '/')) return serve(std::move(request));
  status_.onAccepted();
  onFailure(*request, notOnChannel(path), false);
}

void SiteHost::serve(std::shared_ptr<Request> request) {
  status_.onAccepted();
  const auto length = parseLength(request->params.get("CONTENT_LENGTH"));
  const std::uint64_t limit = settings_.server.max_body;
  if (length.value_or(0) > limit) return onFailure(*request, bodyTooLarge(limit), false);
  if (debug_.take(request)) return;
  pool_.submit(std::move(request));
}

void SiteHost::onFinished(const FinishedRequest& request) {
  status_.onFinished(request);
  if (!settings_.log.requests) return;
  // A token opens the way to an answer.
  const std::string uri = withoutHeldTokenShown(request.uri);
  FinishedRequest shown = request;
  shown.uri = uri;
  log::event(LogLevel::kInfo, requestLine(shown), requestFields(shown));
}

void SiteHost::onFailure(Request& request, const Failure& failure, bool begun) {
  // Of a start that failed: the settings that would mend it, perhaps, cannot be taken.
  if (failure.detail_logged && !settings_problems_.empty()) {
    return onFailure(request, wrongSettings(settings_problems_), begun);
  }
  const std::string where = describe(request) + ": ";
  const std::string& cause = failure.exact.empty() ? failure.cause : failure.exact;
  const std::string what = failure.title + ": " + log::printable(cause);
  log::event(
      LogLevel::kError,
      where + what + (begun ? " (the answer had begun)" : "") +
          (failure.detail_logged ? " More is at the last try to start a worker."
                                 : log::indented(failure.detail())),
      {{"request", request.id}, {"status", failure.status}, {"worker", request.trail.worker}});
  status_.onFailure(request, failure);
  if (begun) return;
  request.reportError("holdfast: request " + request.id + ": " + failure.title + ": " + cause +
                      "\n" + failure.detail());
  answerWithErrorPage(request, failure, settings_.server.show_errors);
}

void SiteHost::onSignal(HostSignal signal, const char* name) {
  if (signal == HostSignal::kStop) return onStopSignal(name);
  log::reopen();
  if (!stopping_) reload(name, true);
}

void SiteHost::watchFiles(const std::vector<std::filesystem::path>& settings_files) {
  const ReloadTrigger::Watched watched{settings_.app.root, settings_.reload.pattern,
                                       settings_files};
  if (trigger_ && watched == watched_) return;
  watched_ = watched;
  trigger_ = std::make_unique<ReloadTrigger>(loop_, watched, [this](const ReloadReason& reason) {
    if (!stopping_) onFilesChanged(reason);
  });
}

void SiteHost::onFilesChanged(const ReloadReason& reason) {
  if (!debug_.isHeld()) return reload(describe(reason), reason.settings_changed);
  const std::string news = waiting_reload_.add(reason, debug_.hold());
  if (!news.empty()) log::info("reload: " + news);
}

void SiteHost::onReleased() {
  if (stopping_ || debug_.isHeld()) return;
  const auto reason = waiting_reload_.take();
  if (reason) reload(describe(*reason), reason->settings_changed);
}

void SiteHost::reload(const std::string& why, bool settings_too) {
  log::info("reload: " + why);
  waiting_reload_.take();  // it is in this one
  LoadedSettings loaded = hooks_.load();
  settings_problems_.clear();
  for (const SettingProblem& problem : loaded.problems) {
    settings_problems_.push_back(describe(problem, loaded_));
    log::error("reload: " + settings_problems_.back());
  }
  // With wrong settings too: it may be another file that mends them.
  watchFiles(loaded.files);
  status_.onWrongSettings(settings_problems_);
  if (!settings_problems_.empty() && settings_too) {
    return log::error("reload: the settings are wrong, so nothing is changed");
  }
  if (!settings_problems_.empty()) {
    log::error("reload: the settings are wrong: the new code gets those that were there before");
    pool_.reload(planFor(settings_));
    return debug_.apply(settings_);
  }
  for (const auto& line : settings_change_.settle(loaded_, loaded)) {
    log::event(line.level, line.text, {});
  }
  applySettings(std::move(loaded));
}

void SiteHost::applySettings(LoadedSettings loaded) {
  loaded_ = std::move(loaded);
  log::setLevel(settings_.log.level);
  status_.onSettings(loaded_);
  hops_ = TrustedHops(settings_.server.trusted_hops);
  capacity_ = capacityFor(settings_, inherited_.size());
  for (const auto& listener : listeners_) listener->setLimits(fcgiLimitsFor(settings_), capacity_);
  if (http_) http_->setLimits(httpLimitsFor(settings_, capacity_));
  if (channel_) channel_->applySettings(settings_.server);
  watchFiles(loaded_.files);  // the pattern may be another one
  pool_.reload(planFor(settings_));
  debug_.apply(settings_);
}

void SiteHost::onStopSignal(const char* name) {
  if (stopping_) {
    log::warning(std::string(name) + " again: stopping at once");
    stop_at_latest_ = EventLoop::Clock::now();
    if (!draining_) drain();
    pool_.stopNow();
    debug_.stopNow();
    return;
  }
  stopping_ = true;
  status_.onStopping();
  stop_at_latest_ = EventLoop::Clock::now() + settings_.server.stop_timeout;
  log::info(std::string(name) + ": finishing what runs, then stopping, at most after " +
            std::to_string(settings_.server.stop_timeout.count()) + " ms; once more stops at once");
  debug_.letGo();
  if (const std::size_t count = debug_.expectedAnswers()) {
    log::info("answers that were held and that clients come back for: " + std::to_string(count) +
              "; they are delivered first");
  }
  drainWhenFetched();
}

/// Who comes back for an answer comes as a new request.
void SiteHost::drainWhenFetched() {
  if (draining_) return;
  const std::size_t count = debug_.expectedAnswers();
  if (count == 0) return drain();
  if (EventLoop::Clock::now() >= stop_at_latest_) {
    log::warning(std::to_string(count) + " answers that were held were not fetched in time");
    return drain();
  }
  stop_check_ = loop_.after(kStopCheck, [this] { drainWhenFetched(); });
}

void SiteHost::drain() {
  draining_ = true;
  // While it is certainly ours: another host may take the place over now.
  if (socket_keeper_) socket_keeper_->end();
  for (const auto& listener : listeners_) listener->drain();
  if (http_) http_->drain();
  if (channel_) channel_->drain();
  const auto on_stopped = [this] {
    if (--still_stopping_ == 0) stopWhenAnswered();
  };
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(stop_at_latest_ - EventLoop::Clock::now());
  debug_.stop(std::max(left, 0ms), on_stopped);
  pool_.stop(std::max(left, 0ms), on_stopped);
}

void SiteHost::stopWhenAnswered() {
  std::size_t unfinished = http_ ? http_->unfinished() : 0;
  if (channel_) unfinished += channel_->unfinished();
  for (const auto& listener : listeners_) unfinished += listener->unfinished();
  if (unfinished == 0) return loop_.stop();
  if (EventLoop::Clock::now() >= stop_at_latest_) {
    log::warning(std::to_string(unfinished) + " answers were not taken in time and are cut");
    return loop_.stop();
  }
  stop_check_ = loop_.after(kStopCheck, [this] { stopWhenAnswered(); });
}

}  // namespace holdfast
