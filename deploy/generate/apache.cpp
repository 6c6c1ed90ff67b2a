/// Apache 2.4.47 or later.

#include "deploy/generate/configurations.h"
#include "deploy/generate/fill.h"
#include "deploy/generate/parts.h"

namespace holdfast::deploy {

namespace {

constexpr char kFile[] = R"~(# The site @NAME@ behind Apache. Made by `holdfast generate apache`.
#
# Put it there:  /etc/apache2/sites-available/@NAME@.conf
# Enable it:     a2enmod @MODULES@
#                a2ensite @NAME@
# Check it:      apachectl configtest
# Take it:       systemctl reload apache2
#
# Apache's user must be allowed to connect to the host's sockets: start the host with
# `--socket-owner USER:www-data`.
@TLS_WARNING@
@CHANNEL_HINT@

@LISTEN@
<VirtualHost @ADDRESS@:@PORT@>
    ServerName @NAME@
    @ALIASES@
    @TLS@

    CustomLog @LOG@ combined @LOG_CONDITION@
    # As server.max_body of the host, which would refuse more.
    LimitRequestBody @MAX_BODY@
    # Otherwise Apache answers 404 where a path has %2F.
    AllowEncodedSlashes NoDecode

    @FORWARDED@
    ProxyAddHeaders Off
    ProxyPreserveHost On

    @CHANNEL@

    @STATICS@

    # Everything else is the app's, header fields for its own authentication too. Each piece of an
    # answer is passed on when it comes.
    #
    # How long Apache waits for the host, and the host told so: debug.max_hold and then
    # server.request_timeout, in whole hours. The host's own limits are shorter.
    ProxyPass "/" @FASTCGI@ timeout=@PATIENCE@ retry=0 flushpackets=on
    ProxyFCGISetEnvIf "true" HOLDFAST_PATIENCE "@PATIENCE@"
    <Location "/">
        CGIPassAuth On
    </Location>
</VirtualHost>
)~";

constexpr char kChannel[] = R"~(# The debug channel. FastCGI carries no WebSocket.
ProxyPass "@PATH@" @CHANNEL@ upgrade=websocket timeout=@PATIENCE@ retry=0 flushpackets=on
# Logged without the user: the secret may have been sent as one.
CustomLog @LOG@ "%h - - %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"" "expr=@IS_CHANNEL@")~";

constexpr char kForwarded[] = R"~(# What a client claims of itself is overwritten.
RequestHeader set X-Forwarded-For "expr=%{REMOTE_ADDR}"
RequestHeader set X-Forwarded-Proto "expr=%{REQUEST_SCHEME}"
RequestHeader set X-Forwarded-Host "expr=%{HTTP_HOST}"
RequestHeader unset Forwarded)~";

constexpr char kBalanced[] =
    R"~(# Added to what a load balancer says; the host believes server.trusted_hops alone.
RequestHeader append X-Forwarded-For "expr=%{REMOTE_ADDR}"
RequestHeader append X-Forwarded-Proto "expr=%{REQUEST_SCHEME}"
RequestHeader unset Forwarded)~";

constexpr char kTls[] = R"~(SSLEngine on
SSLCertificateFile @CERTIFICATE@
SSLCertificateKeyFile @KEY@)~";

constexpr char kStatic[] = R"~(ProxyPass "@URL@" "!"
Alias "@URL@" @FOLDER@
<Directory @FOLDER@>
    Require all granted
</Directory>)~";

std::string fastCgi(const Backend& backend) {
  return quotedText(backend.is_unix ? "unix:" + backend.address + "|fcgi://localhost/"
                                    : "fcgi://" + backend.address + "/");
}

std::string proxy(const Backend& backend, const std::string& path) {
  return quotedText(backend.is_unix ? "unix:" + backend.address + "|http://localhost" + path
                                    : "http://" + backend.address + path);
}

/// Debian's ports.conf opens the usual ones.
std::string listener(const WebSite& site) {
  if (site.port == 80 || site.port == 443) return {};
  return "Listen " + (site.address.empty() ? "" : site.address + ":") + std::to_string(site.port);
}

std::string aliases(const WebSite& site) {
  const std::vector<std::string> others(site.names.begin() + 1, site.names.end());
  return others.empty() ? "" : "ServerAlias " + joined(others, " ");
}

std::string isChannel(const WebSite& site) {
  return "(%{REQUEST_URI} == '" + site.debug_path + "' || %{REQUEST_URI} -strmatch '" +
         site.debug_path + "/*')";
}

std::string statics(const WebSite& site) {
  std::vector<std::string> folders;
  for (const StaticFolder& folder : site.statics) {
    folders.push_back(
        fill(kStatic, {{"URL", folder.url}, {"FOLDER", quotedText(folder.folder + "/")}}));
  }
  return joined(folders, "\n");
}

std::string modules(const WebSite& site) {
  std::string names = "proxy proxy_fcgi headers";
  if (site.channel) names += " proxy_http";
  if (site.tls) names += " ssl";
  if (!site.statics.empty()) names += " alias mime";
  return names;
}

std::string log(const WebSite& site) {
  return quotedText(site.access_log.empty() ? "${APACHE_LOG_DIR}/access.log" : site.access_log);
}

}  // namespace

std::string apacheConfiguration(const WebSite& site) {
  Values values = {
      {"NAME", site.names.front()},
      {"MODULES", modules(site)},
      {"TLS_WARNING", tlsWarning(site)},
      {"CHANNEL_HINT", channelHint(site)},
      {"LISTEN", listener(site)},
      {"ADDRESS", site.address.empty() ? "*" : site.address},
      {"PORT", std::to_string(site.port)},
      {"ALIASES", aliases(site)},
      {"LOG", log(site)},
      {"LOG_CONDITION", site.channel ? quotedText("expr=!" + isChannel(site)) : ""},
      {"IS_CHANNEL", isChannel(site)},
      {"MAX_BODY", std::to_string(site.max_body)},
      {"STATICS", statics(site)},
      {"FASTCGI", fastCgi(site.fastcgi)},
      {"PATIENCE", std::to_string(site.patience.count())},
      {"PATH", site.debug_path},
      {"FORWARDED", site.balancers.empty() ? kForwarded : kBalanced},
      {"TLS", !site.tls ? ""
                        : fill(kTls, {{"CERTIFICATE", quotedText(site.tls->certificate)},
                                      {"KEY", quotedText(site.tls->key)}})},
  };
  std::string channel;
  if (site.channel) {
    values.push_back({"CHANNEL", proxy(*site.channel, site.debug_path)});
    channel = fill(kChannel, values);
    values.pop_back();
  }
  values.push_back({"CHANNEL", channel});
  return fill(kFile, values);
}

}  // namespace holdfast::deploy
