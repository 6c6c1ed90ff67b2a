/// lighttpd 1.4.56 or later.

#include <algorithm>

#include "deploy/generate/configurations.h"
#include "deploy/generate/fill.h"
#include "deploy/generate/parts.h"

namespace holdfast::deploy {

namespace {

constexpr char kFile[] =
    R"~(# The site @NAME@ behind lighttpd. Made by `holdfast generate lighttpd`.
#
# Put it there:  /etc/lighttpd/conf-available/50-@NAME@.conf
# Enable it:     lighty-enable-mod @NAME@
# Check it:      lighttpd -tt -f /etc/lighttpd/lighttpd.conf
# Take it:       systemctl restart lighttpd
#
# lighttpd's user must be allowed to connect to the host's sockets: start the host with
# `--socket-owner USER:www-data`. lighttpd waits for an answer as long as it takes, so there is no
# limit to raise and none to tell the host: add no "read-timeout" below.
@TLS_WARNING@
@CHANNEL_HINT@

# One that is loaded elsewhere too (conf-enabled) is loaded once, with a warning.
server.modules += (@MODULES@)

@LISTEN@

$HTTP["host"] =~ "^(@NAMES@)(:[0-9]+)?$" {
    @TLS@
    accesslog.filename = @LOG@
    # KiB, as server.max_body of the host, which would refuse more.
    server.max-request-size = @MAX_BODY@
    # Each piece of an answer is passed on when it comes.
    server.stream-response-body = 2
    # Seconds: the pauses within an answer count.
    server.max-write-idle = @IDLE@

    @STATICS@

    @CHANNEL@

    # Everything else is the app's.
    $HTTP["url"] !~ "^(@OTHERS@)" {
        @FORWARDED@
        fastcgi.server = ("/" => ((@FASTCGI@, "check-local" => "disable")))
    }
}
)~";

constexpr char kChannel[] = R"~(# The debug channel. FastCGI carries no WebSocket.
$HTTP["url"] =~ "^@PATTERN@(/|$)" {
    # Without the user: the secret may have been sent as one.
    accesslog.format = "%h - - %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\""
    # What a client claims of itself is removed; mod_proxy says what is true.
    setenv.set-request-header = (@CLAIMS@)
    server.stream-request-body = 2
    proxy.server = ("" => ((@CHANNEL@)))
    proxy.header = ("upgrade" => "enable")
})~";

constexpr char kForwarded[] = R"~(# What a client claims of itself is removed.
setenv.set-request-header = (@CLAIMS@))~";

constexpr char kBalanced[] =
    "# X-Forwarded-* come from the load balancer; the host believes server.trusted_hops alone.\n"
    "# mod_proxy does not pass on what it says of TLS, so debugging needs TLS as far as lighttpd.";

/// To the app a header's underscore is the same as its hyphen.
std::string claims() {
  std::string text = "\"Forwarded\" => \"\"";
  for (const char* name : {"For", "Proto", "Host"}) {
    text += ",\n   ";
    for (const char* prefix : {"X-Forwarded-", "X_Forwarded_", "X-Forwarded_", "X_Forwarded-"}) {
      text += " \"" + std::string(prefix) + name + "\" => \"\",";
    }
    text.pop_back();
  }
  return text;
}

/// Several sites may say so of the same socket, each in a file of its own.
constexpr char kTlsSocket[] = R"~( {
    ssl.engine := "enable"
    ssl.pemfile := @CERTIFICATE@
    ssl.privkey := @KEY@
    # Seconds since it last read something. With 5, its default, it hangs up on a slow browser that
    # by HTTP/2 is still reading an answer which came late.
    server.max-keep-alive-idle := 60
}
)~";

constexpr char kTls[] = R"~(ssl.pemfile = @CERTIFICATE@
ssl.privkey = @KEY@)~";

std::string fastCgi(const Backend& backend) {
  if (backend.is_unix) return "\"socket\" => " + quotedText(backend.address);
  const std::size_t colon = backend.address.rfind(':');
  return "\"host\" => " + quotedText(backend.address.substr(0, colon)) + ", \"port\" => " +
         backend.address.substr(colon + 1);
}

std::string proxy(const Backend& backend) {
  return backend.is_unix ? "\"host\" => " + quotedText(backend.address) : fastCgi(backend);
}

std::string tlsLines(std::string_view text, const TlsFiles& tls) {
  return fill(text, {{"CERTIFICATE", quotedText(tls.certificate)}, {"KEY", quotedText(tls.key)}});
}

/// Port 80 of all addresses is what Debian's own server.port opens.
std::string listeners(const WebSite& site) {
  if (!site.tls && site.address.empty() && site.port == 80) return {};
  const std::string block = site.tls ? tlsLines(kTlsSocket, *site.tls) : " {\n}\n";
  std::vector<std::string> addresses = {site.address};
  if (site.address.empty()) addresses = {"0.0.0.0", "[::]"};
  std::string text;
  for (const std::string& address : addresses) {
    text +=
        "$SERVER[\"socket\"] == " + quotedText(address + ":" + std::to_string(site.port)) + block;
  }
  text.pop_back();
  return text;
}

std::string statics(const WebSite& site) {
  if (site.statics.empty()) return {};
  std::vector<std::string> aliases;
  for (const StaticFolder& folder : site.statics) {
    aliases.push_back(quotedText(folder.url) + " => " + quotedText(folder.folder + "/"));
  }
  return "alias.url = (" + joined(aliases, ", ") + ")";
}

/// What is not the app's. A pattern that matches nothing is needed where all is.
std::string others(const WebSite& site) {
  std::vector<std::string> patterns;
  if (site.channel) patterns.push_back(pattern(site.debug_path) + "(/|$)");
  for (const StaticFolder& folder : site.statics) patterns.push_back(pattern(folder.url));
  return patterns.empty() ? "[^/]" : joined(patterns, "|");
}

std::string modules(const WebSite& site) {
  std::vector<std::string> names = {quotedText("mod_setenv"), quotedText("mod_accesslog"),
                                    quotedText("mod_fastcgi")};
  if (site.channel) names.push_back(quotedText("mod_proxy"));
  if (site.tls) names.push_back(quotedText("mod_openssl"));
  return joined(names, ", ");
}

}  // namespace

std::string lighttpdConfiguration(const WebSite& site) {
  std::vector<std::string> names;
  for (const std::string& name : site.names) names.push_back(pattern(name));
  const std::uint64_t kib = (site.max_body + 1023) / 1024;
  const auto idle = std::min<std::chrono::seconds::rep>(site.patience.count(), 65535);
  Values values = {
      {"NAME", site.names.front()},
      {"NAMES", joined(names, "|")},
      {"TLS_WARNING", tlsWarning(site)},
      {"CHANNEL_HINT", channelHint(site)},
      {"MODULES", modules(site)},
      {"LISTEN", listeners(site)},
      {"LOG",
       quotedText(site.access_log.empty() ? "/var/log/lighttpd/access.log" : site.access_log)},
      {"MAX_BODY", std::to_string(std::min<std::uint64_t>(kib, 0xffffffffU))},
      {"IDLE", std::to_string(idle)},
      {"TLS", site.tls ? tlsLines(kTls, *site.tls) : ""},
      {"STATICS", statics(site)},
      {"OTHERS", others(site)},
      {"FASTCGI", fastCgi(site.fastcgi)},
      {"PATTERN", pattern(site.debug_path)},
      {"CLAIMS", claims()},
  };
  values.push_back({"FORWARDED", site.balancers.empty() ? fill(kForwarded, values) : kBalanced});
  std::string channel;
  if (site.channel) {
    values.push_back({"CHANNEL", proxy(*site.channel)});
    channel = fill(kChannel, values);
    values.pop_back();
  }
  values.push_back({"CHANNEL", channel});
  return fill(kFile, values);
}

}  // namespace holdfast::deploy
