#include "proxy/bridge/attach_command.h"

#include <Poco/Exception.h>
#include <Poco/Net/ServerSocket.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "config/addresses.h"
#include "config/printable.h"
#include "proxy/bridge/bridge.h"
#include "proxy/bridge/console.h"
#include "proxy/bridge/interrupt.h"
#include "proxy/bridge/launch_json_file.h"
#include "proxy/bridge/site_client.h"
#include "proxy/bridge/terminal.h"
#include "proxy/path_mapping.h"

namespace holdfast::proxy {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDriveRoot = 3;  ///< characters of `C:\\`

enum ExitCode { kDone = 0, kFailed = 1, kWrongUsage = 2 };

struct WrongUsage : std::runtime_error {
  using std::runtime_error::runtime_error;
};

SiteUrl urlOf(const AttachOptions& options) {
  std::string text = options.url;
  const std::string_view hidden = userPart(text);
  if (!options.user_part.empty() && !hidden.empty()) {
    const auto at = static_cast<std::size_t>(hidden.data() - text.data());
    text.replace(at, hidden.size(), options.user_part.reveal());
  }
  std::string objection;
  auto url = parseSiteUrl(text, objection);
  wipe(text);
  if (!url) throw WrongUsage(objection);
  return std::move(*url);
}

/// What cannot stand in a header field.
bool isUnfit(const std::string& secret) {
  const bool blank_at_end = secret.starts_with(' ') || secret.ends_with(' ');
  return blank_at_end || std::any_of(secret.begin(), secret.end(), isControl);
}

Secret secretFor(const SiteUrl& url, const EnvironmentLookup& environment) {
  Secret secret = url.secret;
  if (secret.empty()) secret = Secret(environment("HOLDFAST_SECRET").value_or(""));
  if (secret.empty()) {
    auto answer = askHidden("Secret of " + url.authority() + " (debug.secret there): ");
    if (!answer || answer->empty()) {
      throw WrongUsage(
          "no secret: put it into the environment as HOLDFAST_SECRET, or before the host: "
          "wss://SECRET@" +
          url.authority() + url.path);
    }
    secret = Secret(*answer);
    wipe(*answer);
  }
  if (isUnfit(secret.reveal())) {
    throw WrongUsage("the secret begins or ends with a blank, or has a control character in it");
  }
  return secret;
}

TlsContext tlsFor(const std::string& ca_file) {
  try {
    TlsContext context = clientTlsContext("");
    if (ca_file.empty()) return context;
    // Reads the file to say what is wrong with it.
    clientTlsContext(ca_file);
    SSL_CTX_load_verify_locations(context->sslContext(), ca_file.c_str(), nullptr);
    ERR_clear_error();
    return context;
  } catch (const std::runtime_error& error) {
    throw WrongUsage(std::string("--ca: ") + error.what());
  }
}

SiteRoute routeOf(const AttachOptions& options, const EnvironmentLookup& environment) {
  SiteRoute route;
  route.url = urlOf(options);
  std::string objection;
  route.proxy = findProxy(route.url.host, route.url.port, environment, objection);
  if (!objection.empty()) throw WrongUsage(objection);
  if (route.url.tls) route.tls = tlsFor(options.ca_file);
  route.url.secret = secretFor(route.url, environment);
  return route;
}

/// As the shell has it, because an editor names files by the links that lead to them.
fs::path currentFolder(const EnvironmentLookup& environment) {
  const fs::path physical = fs::current_path();
  const fs::path logical = environment("PWD").value_or("");
  std::error_code error;
  return logical.is_absolute() && fs::equivalent(logical, physical, error) ? logical : physical;
}

std::string localRoot(const AttachOptions& options, const EnvironmentLookup& environment) {
  const std::string& given = options.local_root;
  // An editor on Windows, and the bridge in its Linux.
  if (isWindowsPath(given))
    return given.substr(0, std::max(given.find_last_not_of("/\\") + 1, kDriveRoot));
  const fs::path base = currentFolder(environment);
  const fs::path root = given.empty() ? base : (base / given).lexically_normal();
  std::error_code error;
  if (!fs::is_directory(root, error)) {
    throw WrongUsage("--local-root: there is no folder " + inQuotes(given));
  }
  std::string text = root.string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

Poco::Net::ServerSocket listenOn(const std::string& address) {
  std::string value;
  if (const Objection objection = parseDebugAddress(address, value)) {
    throw WrongUsage("--listen is " + inQuotes(address) + ", but " + *objection);
  }
  try {
    Poco::Net::ServerSocket socket;
    // Poco would let two bridges share the port.
    socket.bind(Poco::Net::SocketAddress(value), true, false);
    socket.listen();
    return socket;
  } catch (const Poco::Exception& error) {
    throw std::runtime_error("cannot listen on " + printable(value) + ": " + error.displayText() +
                             "\n  If another bridge or debugger has that port, end it, or take "
                             "another port by --listen 127.0.0.1:5679");
  }
}

void writeLaunchJson(const std::string& folder, const SiteUrl& url,
                     const Poco::Net::SocketAddress& address, Console& console) {
  if (isWindowsPath(folder)) {
    throw WrongUsage("--launch-json: there is no folder " + inQuotes(folder) + " on this system");
  }
  const LaunchEntry entry{"Holdfast: " + url.host, address.host().toString(), address.port()};
  console.say(writeLaunchEntry(folder, entry));
}

void sayWhatThereIs(const SiteState& state, const SiteUrl& url, const std::string& root, bool raw,
                    Console& console) {
  std::string line = url.host;
  if (!state.engine.empty()) line += ": " + state.engine;
  if (!state.python.empty()) line += ", Python " + state.python;
  console.say(line);
  if (!raw && !state.app_root.empty() && !isSameFolder(root, state.app_root)) {
    console.say("paths: " + printable(root) + " here is " + printable(state.app_root) + " there");
  }
  if (state.engine_state == "starting") console.say("the site's debug engine is starting");
  const bool takes_over = url.query.find("takeover=1") != std::string::npos;
  if (!state.other || takes_over) return;
  const std::string who = state.other->name.empty() ? "a debugger" : state.other->name;
  console.say(who + " from " + state.other->client + " has been attached for " +
              spokenDuration(state.other->since) +
              ": yours would be sent away. To take its place, end the address with ?takeover=1");
}

SiteState checkSite(const SiteClient& site, StoppableWait& wait) {
  const SiteState state = site.state(wait);
  if (state.engine_state == "failed" || state.engine_state == "off") {
    const bool silent = state.engine_problem.empty();
    throw SiteFailure({"the site's debug engine is not there: " +
                       (silent ? "its log says why" : state.engine_problem)});
  }
  site.probe(wait);
  return state;
}

void run(const AttachOptions& options, const EnvironmentLookup& environment, std::ostream& out) {
  const SiteRoute route = routeOf(options, environment);
  const std::string root = localRoot(options, environment);
  BridgePlan plan{listenOn(options.listen), root, options.raw, false};
  StoppableWait wait;
  const Interrupt interrupt(wait);
  Console console(out, isLiveTerminal());
  if (options.launch_json) {
    writeLaunchJson(root, route.url, plan.listener.address(), console);
  }
  const SiteClient site(route);
  const SiteState state = checkSite(site, wait);
  sayWhatThereIs(state, route.url, root, options.raw, console);
  plan.is_marked = state.is_marked;
  Bridge(std::move(plan), site, wait, console).run();
}

}  // namespace

int attach(const AttachOptions& options, const EnvironmentLookup& environment, std::ostream& out,
           std::ostream& err) {
  try {
    run(options, environment, out);
  } catch (const CalledOff&) {
  } catch (const WrongUsage& error) {
    err << "holdfast: " << error.what() << '\n';
    return kWrongUsage;
  } catch (const Poco::Exception& error) {
    err << "holdfast: " << error.displayText() << '\n';
    return kFailed;
  } catch (const std::exception& error) {
    err << "holdfast: " << error.what() << '\n';
    return kFailed;
  }
  return kDone;
}

}  // namespace holdfast::proxy
