/// \file example_site.h
/// A site with everything, for the tests of each web server's configuration.
#pragma once

#include "deploy/generate/web_site.h"

namespace holdfast::deploy {

inline WebSite exampleSite() {
  WebSite site;
  site.names = {"site.example", "www.site.example"};
  site.port = 443;
  site.tls = TlsFiles{"/etc/ssl/my site.pem", "/etc/ssl/site.key"};
  site.fastcgi = {true, "/srv/site/site.sock"};
  site.channel = Backend{true, "/srv/site/channel.sock"};
  site.debug_path = "/de.bug";
  site.statics = {{"/static/", "/srv/site/static"}};
  site.patience = std::chrono::hours(3);
  site.max_body = 1500;
  return site;
}

/// Without TLS, channel and static folders, on an address of its own, by TCP.
inline WebSite plainSite() {
  WebSite site;
  site.names = {"localhost"};
  site.address = "127.0.0.1";
  site.port = 8080;
  site.fastcgi = {false, "127.0.0.1:9000"};
  site.debug_path = "/ptvsd";
  site.patience = std::chrono::hours(2);
  return site;
}

}  // namespace holdfast::deploy
