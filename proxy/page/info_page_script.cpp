#include "proxy/page/info_page_script.h"

namespace holdfast::proxy {

// The browser knows the site's address for certain; the host knows what a proxy has made of it.
const std::string_view kInfoPageScript = R"js(
"use strict";
const path = location.pathname.replace(/\/+$/, "");
const scheme = location.protocol === "https:" ? "wss://" : "ws://";
const byId = (id) => document.getElementById(id);

function nameAddress() {
  for (const place of document.querySelectorAll(".scheme")) place.textContent = scheme;
  for (const place of document.querySelectorAll(".address")) {
    place.textContent = location.host + path;
  }
}

function showProbe(kind, words) {
  const place = byId("probe");
  place.textContent = words;
  place.className = kind;
  document.body.dataset.probe = kind;
}

function tryWebSocket() {
  let done = false;
  const socket = new WebSocket(scheme + location.host + path + "/probe");
  const end = (kind, words) => {
    if (done) return;
    done = true;
    clearTimeout(timer);
    socket.close();
    showProbe(kind, words);
    byId("remedy").hidden = kind === "good";
  };
  const timer = setTimeout(
    () => end("wrong", "do not get through: nothing came back for 10 seconds"), 10000);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => socket.send(new Uint8Array([1]));
  socket.onmessage = () => end("good", "get through: a debugger can come this way");
  socket.onclose = () => end("wrong", "do not get through: see below");
}

function offerCopies() {
  if (!navigator.clipboard) return;
  for (const text of document.querySelectorAll("pre.copy")) {
    const frame = document.createElement("div");
    const button = document.createElement("button");
    frame.className = "copied";
    button.type = "button";
    button.textContent = "Copy";
    button.onclick = async () => {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    };
    text.replaceWith(frame);
    frame.append(text, button);
  }
}

nameAddress();
offerCopies();
if (byId("probe")) {
  showProbe("", "are being tried\u2026");
  tryWebSocket();
}
)js";

}  // namespace holdfast::proxy
