/// nginx 1.18 or later.

#include "deploy/generate/configurations.h"
#include "deploy/generate/fill.h"
#include "deploy/generate/parts.h"

namespace holdfast::deploy {

namespace {

constexpr char kFile[] = R"~(# The site @NAME@ behind nginx. Made by `holdfast generate nginx`.
#
# Put it there:  /etc/nginx/conf.d/@NAME@.conf
# Check it:      nginx -t
# Take it:       systemctl reload nginx
#
# nginx's user must be allowed to connect to the host's sockets: start the host with
# `--socket-owner USER:www-data`.
@TLS_WARNING@
@CHANNEL_HINT@

upstream @ID@ {
    server @FASTCGI@;
    # Kept connections nearly halve the host's cost under load.
    keepalive 32;
}
@CHANNEL_UPSTREAM@

server {
    @LISTEN@
    server_name @NAMES@;
    @TLS@

    access_log @LOG@ combined;
    # As server.max_body of the host, which would refuse more.
    client_max_body_size @MAX_BODY@;

    @CHANNEL@

    @STATICS@

    # Everything else is the app's. No try_files: its internal redirects would use up those by
    # which the host can keep nginx waiting.
    location / {
        fastcgi_pass @ID@;
        fastcgi_keep_conn on;

        # How long nginx waits for the host, and the host told so: debug.max_hold and then
        # server.request_timeout, in whole hours. The host's own limits are shorter.
        fastcgi_read_timeout @PATIENCE@s;
        fastcgi_send_timeout @PATIENCE@s;
        fastcgi_param HOLDFAST_PATIENCE @PATIENCE@;

        # Each piece of an answer is passed on when it comes. Bodies of requests are collected, so
        # that slow clients occupy no worker; for streaming uploads add
        # fastcgi_request_buffering off;
        fastcgi_buffering off;
        # Room for the answer's header fields.
        fastcgi_buffer_size 16k;
        fastcgi_buffers 8 16k;

        fastcgi_param GATEWAY_INTERFACE CGI/1.1;
        fastcgi_param SERVER_SOFTWARE nginx/$nginx_version;
        fastcgi_param SERVER_PROTOCOL $server_protocol;
        fastcgi_param SERVER_NAME $server_name;
        fastcgi_param SERVER_ADDR $server_addr;
        fastcgi_param SERVER_PORT $server_port;
        fastcgi_param REQUEST_METHOD $request_method;
        fastcgi_param REQUEST_URI $request_uri;
        fastcgi_param SCRIPT_NAME $fastcgi_script_name;
        fastcgi_param QUERY_STRING $query_string;
        fastcgi_param CONTENT_TYPE $content_type;
        fastcgi_param CONTENT_LENGTH $content_length;
        fastcgi_param REQUEST_SCHEME $scheme;
        fastcgi_param HTTPS $https if_not_empty;
        fastcgi_param REMOTE_ADDR $remote_addr;
        fastcgi_param REMOTE_PORT $remote_port;
        # Not $remote_user: without auth_basic that is whatever a client claims. With auth_basic add
        # fastcgi_param REMOTE_USER $remote_user;
        # $http_host could be another site's name, where the request's line has a name as well.
        fastcgi_param HTTP_HOST @HOST@;
        @FORWARDED@
    }
}
)~";

constexpr char kChannelUpstream[] = R"~(upstream @ID@_channel {
    server @CHANNEL@;
}
map $http_upgrade $@ID@_connection {
    default upgrade;
    "" "";
}
# As "combined", without the user: the secret may have been sent as one.
log_format @ID@_channel '$remote_addr - - [$time_local] "$request" '
                        '$status $body_bytes_sent "$http_referer" "$http_user_agent"';)~";

constexpr char kChannel[] = R"~(# The debug channel. FastCGI carries no WebSocket.
location ~ ^@PATTERN@(/|$) {
    access_log @LOG@ @ID@_channel;
    proxy_pass http://@ID@_channel;
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $@ID@_connection;
    proxy_set_header Host @HOST@;
    @CHANNEL_FORWARDED@
    proxy_set_header Forwarded "";
    proxy_read_timeout @PATIENCE@s;
    proxy_send_timeout @PATIENCE@s;
    proxy_buffering off;
    proxy_request_buffering off;
})~";

constexpr char kChannelForwarded[] =
    R"~(# Set, not added to: nothing that a client claims of itself gets through.
proxy_set_header X-Forwarded-For $remote_addr;
proxy_set_header X-Forwarded-Proto $scheme;
proxy_set_header X-Forwarded-Host @HOST@;)~";

constexpr char kChannelBalanced[] =
    R"~(# Added to what a load balancer says; the host believes server.trusted_hops alone.
proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header X-Forwarded-Proto "$http_x_forwarded_proto, $scheme";)~";

constexpr char kForwarded[] = R"~(# What a client claims of itself is overwritten.
fastcgi_param HTTP_X_FORWARDED_FOR $remote_addr;
fastcgi_param HTTP_X_FORWARDED_PROTO $scheme;
fastcgi_param HTTP_X_FORWARDED_HOST @HOST@;
fastcgi_param HTTP_FORWARDED "" if_not_empty;)~";

constexpr char kBalanced[] =
    "# X-Forwarded-* come from the load balancer; the host believes server.trusted_hops alone.";

constexpr char kTls[] = R"~(ssl_certificate @CERTIFICATE@;
ssl_certificate_key @KEY@;
ssl_protocols TLSv1.2 TLSv1.3;)~";

constexpr char kStatic[] = R"~(location ^~ @URL@ {
    alias @FOLDER@;
})~";

/// Names of upstreams, logs and variables are those of all sites.
std::string identifier(const WebSite& site) {
  std::string id = "holdfast_" + site.names.front() + "_" + std::to_string(site.port);
  for (char& c : id) {
    if (c == '.' || c == '-') c = '_';
  }
  return id;
}

std::string upstream(const Backend& backend) {
  return quotedText((backend.is_unix ? "unix:" : "") + backend.address);
}

std::string listeners(const WebSite& site) {
  const std::string port = std::to_string(site.port) + (site.tls ? " ssl;" : ";");
  if (!site.address.empty()) return "listen " + site.address + ":" + port;
  return "listen " + port + "\nlisten [::]:" + port;
}

std::string host(const WebSite& site) {
  const bool usual = site.port == (site.tls ? 443U : 80U);
  return usual ? "$host" : "$host:" + std::to_string(site.port);
}

std::string statics(const WebSite& site) {
  std::vector<std::string> locations;
  for (const StaticFolder& folder : site.statics) {
    locations.push_back(
        fill(kStatic, {{"URL", folder.url}, {"FOLDER", quotedText(folder.folder + "/")}}));
  }
  return joined(locations, "\n");
}

}  // namespace

std::string nginxConfiguration(const WebSite& site) {
  Values values = {
      {"NAME", site.names.front()},
      {"NAMES", joined(site.names, " ")},
      {"ID", identifier(site)},
      {"TLS_WARNING", tlsWarning(site)},
      {"CHANNEL_HINT", channelHint(site)},
      {"FASTCGI", upstream(site.fastcgi)},
      {"LISTEN", listeners(site)},
      {"LOG", quotedText(site.access_log.empty() ? "/var/log/nginx/access.log" : site.access_log)},
      {"MAX_BODY", std::to_string(site.max_body)},
      {"PATIENCE", std::to_string(site.patience.count())},
      {"PATTERN", pattern(site.debug_path)},
      {"HOST", host(site)},
  };
  values.push_back({"STATICS", statics(site)});
  values.push_back({"FORWARDED", site.balancers.empty() ? fill(kForwarded, values) : kBalanced});
  values.push_back({"TLS", !site.tls
                               ? ""
                               : fill(kTls, {{"CERTIFICATE", quotedText(site.tls->certificate)},
                                             {"KEY", quotedText(site.tls->key)}})});
  std::string channel;
  std::string channel_upstream;
  if (site.channel) {
    values.push_back({"CHANNEL", upstream(*site.channel)});
    channel_upstream = fill(kChannelUpstream, values);
    values.pop_back();
    const bool balanced = !site.balancers.empty();
    values.push_back(
        {"CHANNEL_FORWARDED", balanced ? kChannelBalanced : fill(kChannelForwarded, values)});
    channel = fill(kChannel, values);
  }
  values.push_back({"CHANNEL", channel});
  values.push_back({"CHANNEL_UPSTREAM", channel_upstream});
  return fill(kFile, values);
}

}  // namespace holdfast::deploy
