/// Caddy 2.6 or later.

#include "deploy/generate/configurations.h"
#include "deploy/generate/fill.h"
#include "deploy/generate/parts.h"

namespace holdfast::deploy {

namespace {

constexpr char kFile[] = R"~(# The site @NAME@ behind Caddy. Made by `holdfast generate caddy`.
#
# Put it there:  /etc/caddy/@NAME@.caddy
# Enable it:     the line `import /etc/caddy/*.caddy` in /etc/caddy/Caddyfile
# Check it:      caddy validate --adapter caddyfile --config /etc/caddy/Caddyfile
# Take it:       systemctl reload caddy
#
# Caddy's user must be allowed to connect to the host's sockets: start the host with
# `--socket-owner USER:caddy`. Caddy waits for an answer as long as it takes, so there is no limit
# to raise and none to tell the host: add no read_timeout below, and no `timeouts` to the global
# options.
@TLS_WARNING@
@TLS_HINT@
@CHANNEL_HINT@

@ADDRESSES@ {
    @BIND@
    @TLS@
    # Without the user: a debugger's secret may have been sent as one.
    log {
        @OUTPUT@
        format filter {
            wrap json
            fields {
                user_id delete
                request>headers>Authorization delete
            }
        }
    }

    # As server.max_body of the host, which would refuse more.
    request_body {
        max_size @MAX_BODY@
    }

    @CHANNEL@

    @STATICS@

    # Everything else is the app's. Each piece of an answer is passed on when it comes.
    # X-Forwarded-* of clients are overwritten by Caddy itself.
    handle {
        reverse_proxy @FASTCGI@ {
            transport fastcgi
            flush_interval -1
            @BALANCERS@
            header_up -Forwarded
            # To the app an underscore is the same as a hyphen.
            header_up -X_*
            header_up -X-Forwarded_*
        }
    }
}
)~";

constexpr char kChannel[] = R"~(# The debug channel. FastCGI carries no WebSocket.
@holdfast path @PATH@ @PATH@/*
handle @holdfast {
    reverse_proxy @CHANNEL@ {
        flush_interval -1
        @BALANCERS@
        header_up -Forwarded
    }
})~";

constexpr char kStatic[] = R"~(handle_path @URL@* {
    root * @FOLDER@
    file_server
})~";

std::string upstream(const Backend& backend) {
  return quotedText((backend.is_unix ? "unix/" : "") + backend.address);
}

std::string addresses(const WebSite& site) {
  std::vector<std::string> list;
  for (const std::string& name : site.names) {
    list.push_back((site.tls ? "https://" : "http://") + name + ":" + std::to_string(site.port));
  }
  return joined(list, ", ");
}

/// Without brackets, as it is no part of an address with a port.
std::string bind(const WebSite& site) {
  if (site.address.empty()) return {};
  const bool is_ipv6 = site.address.front() == '[';
  return "bind " + (is_ipv6 ? site.address.substr(1, site.address.size() - 2) : site.address);
}

std::string statics(const WebSite& site) {
  std::vector<std::string> handlers;
  for (const StaticFolder& folder : site.statics) {
    handlers.push_back(fill(kStatic, {{"URL", folder.url}, {"FOLDER", quotedText(folder.folder)}}));
  }
  return joined(handlers, "\n");
}

std::string tlsHint(const WebSite& site) {
  if (site.tls) return {};
  return "# For a public name Caddy gets a certificate by itself: write `" + site.names.front() +
         " {` for the\n# address below.";
}

/// Caddy adds to what they say of a client's address, but not to what they say of its scheme.
std::string balancers(const WebSite& site) {
  if (site.balancers.empty()) return {};
  return "trusted_proxies " + joined(site.balancers, " ") +
         "\nheader_up X-Forwarded-Proto \"{header.X-Forwarded-Proto}, {scheme}\"";
}

/// Indented as `caddy fmt` wants it.
std::string withTabs(std::string_view text) {
  std::string tabbed;
  bool in_indent = true;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (in_indent && text.substr(at, 4) == "    ") {
      tabbed += '\t';
      at += 3;
      continue;
    }
    in_indent = text[at] == '\n';
    tabbed += text[at];
  }
  return tabbed;
}

}  // namespace

std::string caddyConfiguration(const WebSite& site) {
  Values values = {
      {"NAME", site.names.front()},
      {"TLS_WARNING", tlsWarning(site)},
      {"TLS_HINT", tlsHint(site)},
      {"CHANNEL_HINT", channelHint(site)},
      {"ADDRESSES", addresses(site)},
      {"BIND", bind(site)},
      {"TLS", !site.tls
                  ? ""
                  : "tls " + quotedText(site.tls->certificate) + " " + quotedText(site.tls->key)},
      {"OUTPUT", site.access_log.empty() ? "" : "output file " + quotedText(site.access_log)},
      {"MAX_BODY", std::to_string(site.max_body)},
      {"STATICS", statics(site)},
      {"FASTCGI", upstream(site.fastcgi)},
      {"PATH", site.debug_path},
      {"BALANCERS", balancers(site)},
  };
  std::string channel;
  if (site.channel) {
    values.push_back({"CHANNEL", upstream(*site.channel)});
    channel = fill(kChannel, values);
    values.pop_back();
  }
  values.push_back({"CHANNEL", channel});
  return withTabs(fill(kFile, values));
}

}  // namespace holdfast::deploy
