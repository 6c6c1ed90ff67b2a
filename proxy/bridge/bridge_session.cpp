#include "proxy/bridge/bridge_session.h"

#include <Poco/Exception.h>

#include <algorithm>
#include <array>
#include <utility>

#include "config/printable.h"
#include "proxy/bridge/dap_notice.h"
#include "proxy/bridge/http_begin.h"
#include "proxy/tap/dap_envelope.h"

namespace holdfast::proxy {
namespace {

using std::chrono::seconds;

/// Bytes that may wait for a peer before the other one is not read any more.
constexpr std::size_t kEnough = 256 * 1024;
constexpr std::size_t kReadSize = 64 * 1024;
constexpr std::size_t kMaxCommand = 60;  ///< bytes of a name that is repeated
/// Bytes of one frame: a site need not take larger ones.
constexpr std::size_t kFrameSize = 32 * 1024;
constexpr std::uint64_t kMaxFrame = std::uint64_t{1} << 30;
/// For the client to close its end after we have ended ours.
constexpr seconds kClientLinger{2};

std::string closeText(const FrameEvent& event) {
  if (!event.text.empty()) return "the site says: " + printable(event.text);
  switch (event.code) {
    case CloseCode::kNormal:
    case CloseCode::kNoStatus:
      return "the site has ended the session";
    case CloseCode::kGoingAway:
      return "the site is going down or is being reloaded";
    default:
      return "the site has ended the session (WebSocket close code " +
             std::to_string(static_cast<int>(event.code)) + ')';
  }
}

}  // namespace

BridgeSession::BridgeSession(BridgeSessionPlan plan, const Poco::Net::Socket& others,
                             StoppableWait& wait, BridgeSessionListener& listener)
    : plan_(std::move(plan)),
      others_(others),
      wait_(wait),
      listener_(listener),
      messages_(plan_.roots),
      client_decoder_(plan_.limits.max_message),
      site_decoder_(plan_.limits.max_message),
      frames_(Role::kClient, kMaxFrame),
      last_from_site_(Clock::now()),
      next_tick_(last_from_site_) {}

BridgeSessionEnd BridgeSession::run() {
  std::string leftover = std::move(plan_.site.leftover);
  takeFromSite(std::as_writable_bytes(std::span(leftover)));
  takeFromClient(std::as_bytes(std::span(plan_.early)));
  while (phase_ != Phase::kDone) {
    await();
    if (client_readable_) readClient();
    if (site_readable_) readSite();
    write();
    checkTime();
  }
  return end_;
}

void BridgeSession::await() {
  const bool relaying = phase_ == Phase::kRelaying;
  const bool reads_client = !client_gone_ && (!relaying || to_site_.size() < kEnough);
  const bool reads_site = phase_ != Phase::kFlushing && to_client_.size() < kEnough;
  const bool writes_client = !client_gone_ && !to_client_.empty();
  const bool writes_site = phase_ != Phase::kFlushing && !to_site_.empty();
  Watched watched[] = {
      {reads_client || writes_client ? &plan_.client : nullptr, reads_client, writes_client},
      {reads_site || writes_site ? &plan_.site.connection.socket : nullptr, reads_site,
       writes_site},
      {relaying ? &others_ : nullptr, true, false}};
  if (relaying) {
    if (wait_.orStopped(watched, next_tick_)) endBy(BridgeCause::kStopped, "");
  } else {
    wait_.regardless(watched, std::min(deadline_, Clock::now() + seconds(1)));
  }
  // What is not read cannot be missed.
  if (!reads_site) last_from_site_ = Clock::now();
  // A read finds out what it is that broke.
  client_readable_ = reads_client && (watched[0].readable || watched[0].broken);
  site_readable_ = reads_site && (watched[1].readable || watched[1].broken);
  if (watched[2].readable) next_tick_ = Clock::now();
}

void BridgeSession::readClient() {
  std::array<std::byte, kReadSize> buffer;
  const IoOutcome outcome = readSome(plan_.client, buffer);
  if (outcome.status == IoStatus::kWouldBlock) return;
  if (outcome.status == IoStatus::kDone) {
    return takeFromClient(std::span(buffer).first(outcome.bytes));
  }
  client_gone_ = true;
  to_client_.clear();
  endBy(BridgeCause::kDetached, "");
}

void BridgeSession::takeFromClient(std::span<const std::byte> bytes) {
  if (phase_ != Phase::kRelaying || bytes.empty()) return;
  if (plan_.raw) {
    return takeRaw({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  while (phase_ == Phase::kRelaying) {
    const auto before = bytes;
    std::string_view content;
    const DecodeStatus status = client_decoder_.next(bytes, content);
    message_.append(reinterpret_cast<const char*>(before.data()), before.size() - bytes.size());
    if (status == DecodeStatus::kNeedMore) return;
    if (status == DecodeStatus::kMessage) {
      forwardMessage(content);
      continue;
    }
    sendAway(status == DecodeStatus::kTooBig
                 ? "the debugger has sent a message of more than " +
                       std::to_string(plan_.limits.max_message >> 20) + " MiB"
                 : kNoDapText);
  }
}

/// An engine could take the body of a request of HTTP for a message.
void BridgeSession::takeRaw(std::string_view bytes) {
  if (is_no_browser_) return sendToSite(bytes);
  message_ += bytes;
  const auto is_http = beginsLikeHttp(message_);
  if (!is_http) return;
  if (*is_http) return sendAway("what has connected here is a browser, or speaks HTTP like one");
  is_no_browser_ = true;
  sendToSite(message_);
  message_ = {};
}

/// At once: the goodbye to the site is no business of what is no debugger.
void BridgeSession::sendAway(const std::string& why) {
  endBy(BridgeCause::kNoDap, why);
  client_gone_ = true;
  to_client_.clear();
  try {
    plan_.client.shutdown();
  } catch (const Poco::Exception&) {  // it has gone itself
  }
}

void BridgeSession::forwardMessage(std::string_view content) {
  const std::string before = messages_.name();
  const auto changed = messages_.read(content);
  if (messages_.name() != before) listener_.onClientName(messages_.name());
  listener_.onClientMessage(content);
  sendToSite(changed ? encodeMessage(*changed) : std::string_view(message_));
  message_.clear();
  if (message_.capacity() > kEnough) message_.shrink_to_fit();
  for (const BreakpointFile& file : messages_.takeFiles()) listener_.onBreakpointFile(file);
  const std::string stray = messages_.takeStray();
  if (stray.empty()) return;
  listener_.onWarning("warning: " + printable(stray) + " is not below " +
                      printable(plan_.roots.local) +
                      ", so it is no file of the site: start in its folder, or give "
                      "--local-root DIR");
}

void BridgeSession::sendToSite(std::string_view bytes) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(kFrameSize, bytes.size()))) {
    appendFrame(to_site_.back(), Role::kClient, Opcode::kBinary, bytes.substr(0, kFrameSize));
  }
}

void BridgeSession::readSite() {
  std::array<std::byte, kReadSize> buffer;
  const IoOutcome outcome = readSome(plan_.site.connection.socket, buffer);
  if (outcome.status == IoStatus::kWouldBlock) return;
  if (outcome.status == IoStatus::kDone) {
    last_from_site_ = Clock::now();
    return takeFromSite(std::span(buffer).first(outcome.bytes));
  }
  endBy(BridgeCause::kSiteLost, "the connection to the site was lost");
  siteIsDone();
}

void BridgeSession::takeFromSite(std::span<std::byte> bytes) {
  FrameEvent event;
  while (takeFrame(frames_.next(bytes, event), event)) {
  }
}

/// \return whether there may be more
bool BridgeSession::takeFrame(FrameStatus status, const FrameEvent& event) {
  switch (status) {
    case FrameStatus::kNeedMore:
      return false;
    case FrameStatus::kData:
      takeData(event.payload);
      return true;
    case FrameStatus::kPing: {
      // Who sends pings faster than it takes the answers gets none.
      if (phase_ != Phase::kRelaying || to_site_.size() > 2 * kEnough) return true;
      const auto* const bytes = reinterpret_cast<const char*>(event.payload.data());
      appendFrame(to_site_.back(), Role::kClient, Opcode::kPong, {bytes, event.payload.size()});
      return true;
    }
    case FrameStatus::kPong:
      return true;
    case FrameStatus::kClose:
      if (phase_ == Phase::kRelaying) {
        endBy(BridgeCause::kSiteEnded, messages_.isLeaving() ? "" : closeText(event));
        // The answer, as section 5.5.1 wants it.
        appendClose(to_site_.back(), Role::kClient, event.code, "");
        to_site_.sendTo(plan_.site.connection.socket);
      }
      siteIsDone();
      return false;
    case FrameStatus::kError:
      endBy(BridgeCause::kSiteLost, "what the site sends is no WebSocket (" +
                                        printable(event.text) +
                                        "): something between here and Holdfast changes it");
      siteIsDone();
      return false;
  }
  return false;
}

void BridgeSession::takeData(std::span<const std::byte> bytes) {
  if (client_gone_ || phase_ == Phase::kFlushing) return;
  if (plan_.raw) {
    to_client_.back().append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return;
  }
  while (phase_ != Phase::kFlushing) {
    std::string_view content;
    const DecodeStatus status = site_decoder_.next(bytes, content);
    if (status == DecodeStatus::kNeedMore) return;
    if (status == DecodeStatus::kMessage) {
      takeMessage(content);
      continue;
    }
    endBy(BridgeCause::kSiteLost,
          status == DecodeStatus::kTooBig
              ? "the site has sent a message of more than " +
                    std::to_string(plan_.limits.max_message >> 20) + " MiB"
              : "what the site sends is not the Debug Adapter Protocol: for an engine with another "
                "one there is --raw");
    siteIsDone();
  }
}

/// With a header of our own: no client can read another length than was looked at.
void BridgeSession::takeMessage(std::string_view content) {
  const SiteMessageKind kind = kindOfSiteMessage(content);
  if (kind != SiteMessageKind::kHarmless) return refuse(content, kind);
  terminated_ = terminated_ || readEnvelope(content).isEvent("terminated");
  listener_.onSiteMessage(content);
  to_client_.back().append(messageHeader(content.size())).append(content);
}

void BridgeSession::refuse(std::string_view content, SiteMessageKind kind) {
  std::string what = "a message that is no clear response or event";
  if (kind == SiteMessageKind::kLaunch) what = "an event that starts another debug session";
  if (kind == SiteMessageKind::kRequest) {
    const Envelope request = readEnvelope(content);
    const std::string_view command = request.name.substr(0, kMaxCommand);
    what = "the request " + inQuotes(command);
    // Who sends requests faster than it takes the answers gets none.
    if (phase_ == Phase::kRelaying && to_site_.size() < kEnough) {
      sendToSite(refusedRequest(request.seq, command));
    }
  }
  if (std::exchange(refused_, true)) return;
  listener_.onWarning("warning: the site has sent " + what +
                      ", by which it could run programs on this machine. It was not passed on, nor "
                      "is any other");
}

void BridgeSession::write() {
  if (!client_gone_ && !to_client_.sendTo(plan_.client)) {
    client_gone_ = true;
    to_client_.clear();
    endBy(BridgeCause::kDetached, "");
  }
  if (phase_ != Phase::kFlushing && phase_ != Phase::kDone &&
      !to_site_.sendTo(plan_.site.connection.socket)) {
    // What the site said before it left is still to be read.
    to_site_.clear();
  }
  if (phase_ != Phase::kFlushing) return;
  if (client_gone_) {
    phase_ = Phase::kDone;
  } else if (to_client_.empty()) {
    endClientStream();
  }
}

/// Closing at once would take back what the client has not read yet.
void BridgeSession::endClientStream() {
  if (client_told_) return;
  client_told_ = true;
  try {
    plan_.client.shutdownSend();
  } catch (const Poco::Exception&) {  // it has gone itself
    phase_ = Phase::kDone;
  }
  deadline_ = std::min(deadline_, Clock::now() + kClientLinger);
}

void BridgeSession::checkTime() {
  const Clock::time_point now = Clock::now();
  if (phase_ != Phase::kRelaying) {
    if (now >= deadline_) phase_ = Phase::kDone;
    return;
  }
  if (now - last_from_site_ > plan_.limits.silence) {
    endBy(BridgeCause::kSiteLost,
          "nothing has come from the site for " +
              std::to_string(std::chrono::duration_cast<seconds>(plan_.limits.silence).count()) +
              " s: the connection is dead");
    return siteIsDone();
  }
  if (now < next_tick_) return;
  next_tick_ = now + seconds(1);
  listener_.onTick();
}

/// The first cause counts.
void BridgeSession::endBy(BridgeCause cause, std::string text) {
  if (phase_ != Phase::kRelaying) return;
  end_ = {cause, std::move(text)};
  phase_ = Phase::kClosing;
  deadline_ = Clock::now() + plan_.limits.close;
  noticeToClient();
  switch (cause) {
    case BridgeCause::kDetached:
      return close(CloseCode::kNormal, "the debugger has left");
    case BridgeCause::kStopped:
      return close(CloseCode::kNormal, "the bridge was stopped");
    case BridgeCause::kNoDap:
      return close(CloseCode::kNormal, "the debugger speaks no DAP");
    case BridgeCause::kSiteEnded:
    case BridgeCause::kSiteLost:
      break;
  }
}

void BridgeSession::close(CloseCode code, std::string_view reason) {
  appendClose(to_site_.back(), Role::kClient, code, reason);
}

void BridgeSession::siteIsDone() {
  if (phase_ == Phase::kClosing) phase_ = Phase::kFlushing;
}

/// So that the client shows why, and ends its session as one that is over, not as one that broke.
void BridgeSession::noticeToClient() {
  if (client_gone_ || plan_.raw) return;
  if (end_.cause == BridgeCause::kNoDap) return;
  if (!end_.text.empty()) to_client_.back() += outputNotice(end_.text);
  if (!terminated_ && !messages_.isLeaving()) to_client_.back() += terminatedNotice();
  terminated_ = true;
}

}  // namespace holdfast::proxy
