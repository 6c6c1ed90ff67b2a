/// \file bridge_session.h
/// One local debugger and its WebSocket to the site.
///
///     VS Code ── DAP over TCP ── client ⇄ BridgeSession ⇄ site ── WebSocket ── Holdfast
#pragma once

#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "proxy/bridge/byte_queue.h"
#include "proxy/bridge/client_messages.h"
#include "proxy/bridge/site_client.h"
#include "proxy/bridge/site_message.h"
#include "proxy/bridge/stoppable_wait.h"
#include "proxy/tap/dap_framing.h"
#include "proxy/web_socket/web_socket_frame.h"

namespace holdfast::proxy {

struct BridgeSessionLimits {
  /// Without a byte from the site, which sends a ping every 20 s.
  std::chrono::milliseconds silence = std::chrono::seconds(75);
  /// For the site's part of the goodbye, in which it waits for the engine, and for the client to
  /// take what is left.
  std::chrono::milliseconds close = std::chrono::seconds(10);
  std::size_t max_message = std::size_t{64} << 20;  ///< bytes of one DAP message
};

/// Of a client that speaks something else.
inline constexpr char kNoDapText[] =
    "what has connected here does not speak the Debug Adapter Protocol: with an old Visual Studio "
    "use its own wss:// address, or --raw";

enum class BridgeCause {
  kDetached,   ///< the client has ended its connection
  kStopped,    ///< Ctrl-C
  kSiteEnded,  ///< the site has closed the WebSocket
  kSiteLost,   ///< the connection broke, or the site speaks no WebSocket
  kNoDap,      ///< the client speaks something else
};

struct BridgeSessionEnd {
  BridgeCause cause = BridgeCause::kDetached;
  std::string text;  ///< why, printable; empty where it was meant so
};

/// Hears what happens, on the session's thread. All may do nothing.
class BridgeSessionListener {
 public:
  virtual ~BridgeSessionListener() = default;
  virtual void onClientName(const std::string& name) = 0;
  virtual void onBreakpointFile(const BreakpointFile& file) = 0;
  /// Something that whoever sits here should know, printable.
  virtual void onWarning(const std::string& text) = 0;
  /// Content of a message that goes to the site next, as the client has sent it.
  virtual void onClientMessage(std::string_view content) = 0;
  /// Content of a message that goes to the client next. It cannot be changed.
  virtual void onSiteMessage(std::string_view content) = 0;
  /// About once a second, and whenever another client waits at the listener.
  virtual void onTick() = 0;
};

struct BridgeSessionPlan {
  Poco::Net::StreamSocket client;
  std::string early;  ///< bytes that the client has sent already
  SiteStream site;
  PathMapping roots;  ///< see ClientMessages
  /// Relays bytes without looking into them, also what can make the client's editor run a program:
  /// see site_message.h.
  bool raw = false;
  BridgeSessionLimits limits{};
};

/// Runs on the thread that calls run().
class BridgeSession {
 public:
  /// \param others  where other clients come meanwhile: watched, for onTick()
  BridgeSession(BridgeSessionPlan plan, const Poco::Net::Socket& others, StoppableWait& wait,
                BridgeSessionListener& listener);

  /// Until the end, the goodbye to the site included. To be called once.
  BridgeSessionEnd run();

 private:
  using Clock = StoppableWait::Clock;
  enum class Phase {
    kRelaying,
    kClosing,   ///< our close frame is on its way; the site's is awaited
    kFlushing,  ///< the site is done; the client takes what is left
    kDone,
  };

  void await();
  void readClient();
  void takeFromClient(std::span<const std::byte> bytes);
  void takeRaw(std::string_view bytes);
  void sendAway(const std::string& why);
  void forwardMessage(std::string_view content);
  void sendToSite(std::string_view bytes);
  void readSite();
  void takeFromSite(std::span<std::byte> bytes);
  bool takeFrame(FrameStatus status, const FrameEvent& event);
  void takeData(std::span<const std::byte> bytes);
  void takeMessage(std::string_view content);
  void refuse(std::string_view content, SiteMessageKind kind);
  void write();
  void endClientStream();
  void checkTime();
  void endBy(BridgeCause cause, std::string text);
  void close(CloseCode code, std::string_view reason);
  void siteIsDone();
  void noticeToClient();

  BridgeSessionPlan plan_;
  const Poco::Net::Socket& others_;
  StoppableWait& wait_;
  BridgeSessionListener& listener_;

  Phase phase_ = Phase::kRelaying;
  BridgeSessionEnd end_;
  bool client_gone_ = false;
  bool is_no_browser_ = false;  ///< what sends raw bytes
  bool client_told_ = false;    ///< that there is no more for it
  bool terminated_ = false;     ///< the client knows that its session is over
  bool refused_ = false;        ///< something of the site's; it was said
  ByteQueue to_client_;
  ByteQueue to_site_;
  ClientMessages messages_;
  MessageDecoder client_decoder_;
  /// The client's current one, as far as it has come, with its header. Raw: its first bytes.
  std::string message_;
  MessageDecoder site_decoder_;
  FrameDecoder frames_;
  Clock::time_point last_from_site_;
  Clock::time_point next_tick_;
  Clock::time_point deadline_ = Clock::time_point::max();  ///< of kClosing and kFlushing
  bool client_readable_ = false;
  bool site_readable_ = false;
};

}  // namespace holdfast::proxy
